"""Which images a lab has, when one is built, and what goes into the EL-like one."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from lab import docker, images, layer, packages
from lab.errors import LabError
from lab.run import Result
from lab.settings import CLONE, TARGET_IMAGE, Settings, from_environment


@pytest.fixture(name="engine")
def fake_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An engine that has the images in this dictionary, name to label; builds put theirs in."""
    known: dict[str, str] = {}
    monkeypatch.setattr(docker, "label_of_image", lambda image: known.get(image, ""))
    monkeypatch.setattr(packages, "archive_sources", lambda: ["deb x y z"])
    monkeypatch.setattr(packages, "debian_like", lambda: True)
    monkeypatch.setattr(packages, "os_release", lambda: {"ID": "debian", "VERSION_CODENAME": "bookworm"})
    monkeypatch.setattr(images, "_build_host", lambda image, _folder, release, *_: known.update({image: release}))
    monkeypatch.setattr(images, "_unpack", lambda *_: None)
    monkeypatch.setattr(images, "_build_target", lambda label, *_: known.update({TARGET_IMAGE: label}))
    monkeypatch.setattr(images, "_save_target", lambda *_: None)
    monkeypatch.setattr(
        layer, "build", lambda image, base, files, log: known.update({image: f"{files.name} on {base}"})
    )
    monkeypatch.setattr(docker, "images", lambda: sorted(known))

    def call(*words: str, **_options: object) -> Result:
        assert words[:2] == ("image", "rm")
        known.pop(words[2])
        return Result(words, 0, "", "")

    monkeypatch.setattr(docker, "docker", call)
    return known


BARE, EL, ENGINE, EL_ENGINE = ("debian", "bare"), ("el", "bare"), ("debian", "installed"), ("el", "installed")
TRIXIE, TRIXIE_ENGINE = ("trixie", "bare"), ("trixie", "installed")


def _settings(tmp_path: Path, flavours: str, engines: str = "bare") -> Settings:
    cache = str(tmp_path / "cache")
    return from_environment({"ZBS_LAB_CACHE": cache, "ZBS_LAB_FLAVOURS": flavours, "ZBS_LAB_ENGINES": engines})


def test_a_lab_of_debian_hosts_builds_no_other(tmp_path: Path, engine: dict[str, str]) -> None:
    found = images.ensure(_settings(tmp_path, "debian"))
    assert sorted(engine) == sorted([found[BARE], TARGET_IMAGE])


def test_the_el_like_image_is_built_once_on_top_of_the_host_image(tmp_path: Path, engine: dict[str, str]) -> None:
    found = images.ensure(_settings(tmp_path, "debian el"))
    assert engine[found[EL]] == f"el on {found[BARE]}"
    engine[found[EL]] = "kept"
    assert images.ensure(_settings(tmp_path, "el")) == found
    assert engine[found[EL]] == "kept"


def test_a_host_with_an_engine_is_built_on_top_of_its_flavour(tmp_path: Path, engine: dict[str, str]) -> None:
    found = images.ensure(_settings(tmp_path, "debian el", "installed"))
    assert engine[found[ENGINE]] == f"installed on {found[BARE]}"
    assert engine[found[EL_ENGINE]] == f"installed on {found[EL]}"
    assert engine[found[EL]] == f"el on {found[BARE]}"
    del engine[found[EL]]
    assert images.ensure(_settings(tmp_path, "debian el", "installed")) == found
    assert found[EL] not in engine  # what is on top of it is there


def test_debian_13_is_a_rootfs_of_its_own(tmp_path: Path, engine: dict[str, str]) -> None:
    found = images.ensure(_settings(tmp_path, "debian trixie", "installed bare"))
    assert (engine[found[BARE]], engine[found[TRIXIE]]) == ("bookworm", "trixie")
    assert found[TRIXIE_ENGINE] not in engine
    engine[found[TRIXIE]] = "kept"
    assert images.ensure(_settings(tmp_path, "trixie", "installed")) == found
    assert engine[found[TRIXIE]] == "kept" and engine[found[TRIXIE_ENGINE]] == f"installed on {found[TRIXIE]}"
    del engine[found[TRIXIE]]
    images.ensure(_settings(tmp_path, "trixie", "installed"))
    assert found[TRIXIE] not in engine  # what is on top of it is there


def test_no_image_is_built_that_no_host_is_made_from(tmp_path: Path, engine: dict[str, str]) -> None:
    found = images.ensure(_settings(tmp_path, "debian el", "bare installed"))
    assert found[EL_ENGINE] in engine and found[ENGINE] not in engine


def test_a_lab_of_debian_hosts_leaves_the_other_images_and_a_new_one_ends_the_old(
    tmp_path: Path, engine: dict[str, str]
) -> None:
    found = images.ensure(_settings(tmp_path, "debian el trixie", "installed"))
    engine["zbs-lab-el:older"] = "older"
    images.ensure(_settings(tmp_path, "debian"))
    assert {*found.values(), "zbs-lab-el:older"} <= set(engine)
    del engine[found[EL]]
    images.ensure(_settings(tmp_path, "debian el"))
    assert sorted(engine) == sorted([*found.values(), TARGET_IMAGE])


def test_the_archive_is_what_docker_saved_compressed_and_is_written_anew_for_another_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _settings(tmp_path, "debian")
    made.cache.mkdir()
    saved = []

    def save(*words: str, **_options: object) -> Result:
        Path(words[2]).write_bytes(b"layers" * 100)
        saved.append(words[0])
        return Result(words, 0, "", "")

    monkeypatch.setattr(docker, "docker", save)
    for label in ("one", "one", "two"):
        images._save_target(made, label)
    assert saved == ["save", "save"]
    assert gzip.decompress(made.archive.read_bytes()) == b"layers" * 100
    assert sorted(file.name for file in made.cache.iterdir()) == [made.archive.name, "zbs-vhost-standin.tar.hash"]


@pytest.mark.parametrize("kind", [EL, ENGINE, EL_ENGINE, TRIXIE_ENGINE])
def test_its_name_follows_what_is_below_it_and_its_own_files(
    tmp_path: Path, engine: dict[str, str], monkeypatch: pytest.MonkeyPatch, kind: tuple[str, str]
) -> None:
    names = {images.ensure(_settings(tmp_path, "el"))[kind]}
    monkeypatch.setattr(images, "_host_hash", lambda release, sources: "another")
    names.add(images.ensure(_settings(tmp_path, "el"))[kind])
    monkeypatch.setattr(images, "_sources", lambda part: [])
    names.add(images.ensure(_settings(tmp_path, "el"))[kind])
    assert len(names) == 3


def test_the_builder_s_files_are_packed_and_its_script_is_one_that_a_shell_reads() -> None:
    for part in ("el", "installed"):
        with tarfile.open(fileobj=io.BytesIO(layer.tar(CLONE / "lab" / part))) as tar:
            modes = {entry.name: entry.mode for entry in tar}
        assert modes[f"{layer.PLACE[1:]}/build"] == 0o755
        assert set(modes.values()) <= {0o755, 0o644}
        subprocess.run(["sh", "-n", str(CLONE / "lab" / part / "build")], check=True)


def test_a_build_that_fails_says_why_and_leaves_no_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, ...]] = []

    def call(*words: str, **_options: object) -> Result:
        calls.append(words)
        return Result(words, 0, "", "")

    def stream(_argv: object, _timeout: float, log: Path, *_more: object) -> int:
        log.write_text("Reading package lists...\nE: Unable to locate package dnf\nlater\n")
        return 100

    monkeypatch.setattr(docker, "docker", call)
    monkeypatch.setattr(layer, "stream", stream)
    with pytest.raises(LabError, match="zbs-lab-el:1 cannot be built: E: Unable to locate package dnf"):
        layer.build("zbs-lab-el:1", "zbs-lab-host:1", CLONE / "lab/el", tmp_path / "log")
    assert calls[-1][:2] == ("rm", "--force")
    assert not [words for words in calls if words[0] == "commit"]


def test_what_was_built_is_kept_as_a_host_with_its_tag_as_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, ...]] = []

    def call(*words: str, **_options: object) -> Result:
        calls.append(words)
        return Result(words, 0, "", "")

    monkeypatch.setattr(docker, "docker", call)
    monkeypatch.setattr(layer, "stream", lambda *_: 0)
    layer.build("zbs-lab-el:1", "zbs-lab-host:1", CLONE / "lab/el", tmp_path / "log")
    commit = next(words for words in calls if words[0] == "commit")
    assert commit[-1] == "zbs-lab-el:1"
    assert 'CMD ["/usr/local/sbin/lab-entry"]' in commit and "LABEL zbs.lab=1" in commit
    assert "--env" not in [word for words in calls for word in words]  # it would stay in the image
