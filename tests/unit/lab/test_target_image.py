"""The image is cut out of an unpacked root without running anything of it: here a root made of this machine's files."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import pytest
from target_support import ROOT

from lab.target import elf, image


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Links of a merged /usr, a "python3" and a "qemu-storage-daemon" (both are /bin/ls), some standard library."""
    root = tmp_path / "root"
    program = Path(shutil.which("ls") or "/bin/ls").resolve()
    libraries = root / "usr/lib/x86_64-linux-gnu"
    for folder in ("usr/bin", "usr/lib64", "usr/lib/python3.9/json", "usr/lib/python3.9/idlelib"):
        (root / folder).mkdir(parents=True)
    libraries.mkdir()
    for link in ("bin", "lib", "lib64"):
        (root / link).symlink_to(f"usr/{link}")
    for name in ("python3.9", "qemu-storage-daemon"):
        shutil.copy(program, root / "usr/bin" / name)
    (root / "usr/bin/python3").symlink_to("python3.9")
    shutil.copy(static_program(tmp_path), root / "usr/bin/busybox")
    for name in ("os.py", "turtle.py", "json/__init__.py", "idlelib/__init__.py"):
        (root / "usr/lib/python3.9" / name).write_text("")
    give_libraries(program, root, libraries)
    return root


def static_program(folder: Path) -> Path:
    """The smallest ELF file without libraries: a header and no segments."""
    path = folder / "static"
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + (2).to_bytes(2, "little") + bytes(14) + bytes(8) + bytes(24)
    path.write_bytes(header.ljust(64, b"\0"))
    return path


def give_libraries(program: Path, root: Path, libraries: Path) -> None:
    """Copy what the real loader would find, recursively."""
    wanted = elf.needs(program)
    if wanted.interpreter:
        target = root / wanted.interpreter.lstrip("/")
        target.parent.resolve().mkdir(parents=True, exist_ok=True)
        shutil.copy(wanted.interpreter, target)
    for name in wanted.libraries:
        if not (libraries / name).is_symlink():
            found = next(p for d in ("/lib", "/usr/lib", "/lib64") for p in Path(d).rglob(name))
            shutil.copy(found, libraries / f"{name}.real")
            (libraries / name).symlink_to(f"{name}.real")  # as Debian's libraries are
            give_libraries(found, root, libraries)


def names(out: Path) -> set[str]:
    with tarfile.open(out) as tar:
        assert {member.uid for member in tar} == {0}
        return {member.name for member in tar}


def test_it_holds_the_program_its_interpreter_and_their_libraries(root: Path, tmp_path: Path) -> None:
    image.build(root, tmp_path / "out.tar")
    found = names(tmp_path / "out.tar")
    package = f"usr/lib/zbsvhost/{image.PACKAGE}"
    assert {"usr/bin/python3", "usr/bin/python3.9", "usr/bin/qemu-storage-daemon", "usr/bin/busybox"} <= found
    assert {"usr/local/bin/zbsvhost", f"{package}/__main__.py", "bin", "var/tmp", "proc"} <= found
    libraries = {f"usr/lib/x86_64-linux-gnu/{path.name}" for path in (root / "usr/lib/x86_64-linux-gnu").iterdir()}
    assert len(libraries) > 2 * len(elf.needs(root / "usr/bin/python3.9").libraries)  # some only libraries need
    assert libraries <= found
    assert {"usr/lib/python3.9/os.py", "usr/lib/python3.9/json/__init__.py"} <= found
    unwanted = {f"{package}/image.py", "usr/lib/python3.9/turtle.py", "usr/lib/python3.9/idlelib/__init__.py"}
    assert not unwanted & found
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("usr/bin/python3.9", "install python3-minimal"),
        ("usr/bin/qemu-storage-daemon", "install qemu-system-common"),
        ("usr/bin/busybox", "install busybox-static"),
    ],
)
def test_what_a_root_lacks_is_said_with_its_package(root: Path, tmp_path: Path, missing: str, said: str) -> None:
    (root / missing).unlink()
    with pytest.raises(image.ImageError, match=said):
        image.build(root, tmp_path / "out.tar")
    assert not list(tmp_path.glob("out.tar*"))


def test_a_missing_library_is_named(root: Path, tmp_path: Path) -> None:
    for path in (root / "usr/lib/x86_64-linux-gnu").glob("libc.so*"):
        path.unlink()
    with pytest.raises(image.ImageError, match="libc.so.6, which"):
        image.build(root, tmp_path / "out.tar")


def test_it_takes_all_of_the_standard_library_that_the_program_imports() -> None:
    code = "import sys, lab.target.__main__; print(*{m.__file__ for m in sys.modules.values() if getattr(m, '__file__', 0)})"
    run = [sys.executable, "-S", "-c", code]
    loaded = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True).stdout.split()
    library = Path(sysconfig.get_path("stdlib"))
    inner = [Path(file).relative_to(library) for file in loaded if Path(file).is_relative_to(library)]
    assert len(inner) > 50
    assert [str(path) for path in inner if not image.is_wanted(path)] == []


def test_the_elf_reader_agrees_with_the_running_process() -> None:
    """Every library that this Python was linked with is mapped into it."""
    maps = Path("/proc/self/maps").read_text()
    wanted = elf.needs(Path(sys.executable).resolve())
    assert wanted.interpreter and wanted.libraries
    for name in wanted.libraries:
        assert name.partition(".so")[0] in maps
    with pytest.raises(ValueError, match="no 64-bit"):
        elf.needs(Path(__file__))
