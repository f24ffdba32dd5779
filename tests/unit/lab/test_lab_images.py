"""Which images a lab has, when one is built, and what goes into the EL-like one."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from lab import docker, el, images, packages
from lab.errors import LabError
from lab.run import Result
from lab.settings import TARGET_IMAGE, Settings, from_environment


@pytest.fixture(name="engine")
def fake_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An engine that has the images in this dictionary, name to label; builds put theirs in."""
    known: dict[str, str] = {}
    monkeypatch.setattr(docker, "label_of_image", lambda image: known.get(image, ""))
    monkeypatch.setattr(packages, "archive_sources", lambda: ["deb x y z"])
    monkeypatch.setattr(packages, "debian_like", lambda: True)
    monkeypatch.setattr(images, "_build_host", lambda image, *_: known.update({image: "host"}))
    monkeypatch.setattr(images, "_unpack", lambda *_: None)
    monkeypatch.setattr(images, "_build_target", lambda label, *_: known.update({TARGET_IMAGE: label}))
    monkeypatch.setattr(images, "_save_target", lambda *_: None)
    monkeypatch.setattr(el, "build", lambda image, host, label, log: known.update({image: f"{label} on {host}"}))
    monkeypatch.setattr(docker, "images", lambda: sorted(known))

    def call(*words: str, **_options: object) -> Result:
        assert words[:2] == ("image", "rm")
        known.pop(words[2])
        return Result(words, 0, "", "")

    monkeypatch.setattr(docker, "docker", call)
    return known


def _settings(tmp_path: Path, flavours: str) -> Settings:
    return from_environment({"ZBS_LAB_CACHE": str(tmp_path / "cache"), "ZBS_LAB_FLAVOURS": flavours})


def test_a_lab_of_debian_hosts_builds_no_other(tmp_path: Path, engine: dict[str, str]) -> None:
    found = images.ensure(_settings(tmp_path, "debian"))
    assert sorted(engine) == sorted([found["debian"], TARGET_IMAGE])


def test_the_el_like_image_is_built_once_on_top_of_the_host_image(tmp_path: Path, engine: dict[str, str]) -> None:
    found = images.ensure(_settings(tmp_path, "debian el"))
    assert engine[found["el"]] == f"{found['el'].partition(':')[2]} on {found['debian']}"
    engine[found["el"]] = "kept"
    assert images.ensure(_settings(tmp_path, "el")) == found
    assert engine[found["el"]] == "kept"


def test_a_lab_of_debian_hosts_leaves_the_el_like_image_and_a_new_one_ends_the_old(
    tmp_path: Path, engine: dict[str, str]
) -> None:
    found = images.ensure(_settings(tmp_path, "debian el"))
    engine["zbs-lab-el:older"] = "older"
    images.ensure(_settings(tmp_path, "debian"))
    assert {found["el"], "zbs-lab-el:older"} <= set(engine)
    del engine[found["el"]]
    images.ensure(_settings(tmp_path, "debian el"))
    assert sorted(engine) == sorted([*found.values(), TARGET_IMAGE])


def test_its_name_follows_the_host_image_and_its_own_files(
    tmp_path: Path, engine: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {images.ensure(_settings(tmp_path, "el"))["el"]}
    monkeypatch.setattr(images, "_host_hash", lambda sources: "another")
    names.add(images.ensure(_settings(tmp_path, "el"))["el"])
    monkeypatch.setattr(images, "_sources", lambda part: [])
    names.add(images.ensure(_settings(tmp_path, "el"))["el"])
    assert len(names) == 3


def test_the_builder_s_files_are_packed_and_its_script_is_one_that_a_shell_reads() -> None:
    with tarfile.open(fileobj=io.BytesIO(el._tar())) as tar:
        modes = {Path(entry.name).name: entry.mode for entry in tar}
    assert modes["build"] == 0o755 and {"os-release", "dnf.conf", "zstack-mn.repo", "zstack-local.repo"} <= set(modes)
    subprocess.run(["sh", "-n", str(el.FILES / "build")], check=True)


def test_a_build_that_fails_says_why_and_leaves_no_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, ...]] = []

    def call(*words: str, **_options: object) -> Result:
        calls.append(words)
        return Result(words, 0, "", "")

    def stream(_argv: object, _timeout: float, log: Path, *_more: object) -> int:
        log.write_text("Reading package lists...\nE: Unable to locate package dnf\nlater\n")
        return 100

    monkeypatch.setattr(docker, "docker", call)
    monkeypatch.setattr(el, "stream", stream)
    with pytest.raises(LabError, match="cannot be built: E: Unable to locate package dnf"):
        el.build("zbs-lab-el:1", "zbs-lab-host:1", "1", tmp_path / "log")
    assert calls[-1][:2] == ("rm", "--force")
    assert not [words for words in calls if words[0] == "commit"]
