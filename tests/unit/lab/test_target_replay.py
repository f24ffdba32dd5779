"""The recordings of real SPDK, replayed: every request, in order, against the stand-in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from target_support import FIXTURES, Bench, served

VERSIONS = ("v24.01", "v26.05")
RECORDED_FOLDER = "/var/zbsvhost"
# Methods that SPDK has, that the recordings use, and that the stand-in has not: each with the reason.
NOT_HAD = {"env_dpdk_get_mem_stats": "it dumps DPDK's heap to a file, and there is no DPDK heap here"}
# Values of their moment or of their process; that they are there, and of which type, is compared all the same.
VOLATILE = {"uuid", "aliases", "busy", "idle", "elapsed", "pid", "tid", "sys", "usr", "irq"}


def recording(version: str) -> list[dict[str, Any]]:
    return json.loads((FIXTURES / f"{version}.json").read_text())


def here(value: Any, bench: Bench) -> Any:
    """The recorded value with the recorded folder replaced by the bench's."""
    return json.loads(json.dumps(value).replace(RECORDED_FOLDER, str(bench.folder)))


def same_shape(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(same_shape, ours, theirs))
    return type(ours) is type(theirs)


def difference(ours: Any, theirs: Any, where: str = "") -> str:
    """Where and how two results differ; "" when they do not."""
    name = where.rpartition(".")[2]
    if name in VOLATILE:
        return "" if same_shape(ours, theirs) else f"{where}: {ours!r} is of another type than {theirs!r}"
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if set(ours) != set(theirs):
            return f"{where}: only in one: {sorted(set(ours) ^ set(theirs))}"
        return next((found for key in theirs if (found := difference(ours[key], theirs[key], f"{where}.{key}"))), "")
    if isinstance(theirs, list) and isinstance(ours, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return next((found for number, (a, b) in pairs if (found := difference(a, b, f"{where}[{number}]"))), "")
    return "" if type(ours) is type(theirs) and ours == theirs else f"{where}: {ours!r} is not {theirs!r}"


def without_standin_mark(result: dict[str, Any]) -> dict[str, Any]:
    """The one allowed difference: the version says that this is a stand-in."""
    mark = " (zstack.zbs stand-in)"
    assert result["version"].endswith(mark) and result["fields"]["suffix"] == mark
    return {"version": result["version"][: -len(mark)], "fields": {**result["fields"], "suffix": ""}}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_request_gets_the_recorded_answer(version: str) -> None:
    compared, skipped, wrong = 0, set(), []
    with served(version) as bench:
        (bench.folder / "a.img").write_bytes(bytes(1 << 20))
        for entry in recording(version):
            request, expected = here(entry["request"], bench), here(entry["response"], bench)
            if request["method"] in NOT_HAD:
                skipped.add(request["method"])
                continue
            answer = json.loads(bench.raw(json.dumps(request).encode()))
            if request["method"] == "spdk_get_version" and "result" in expected:
                answer["result"] = without_standin_mark(answer["result"])
            compared += 1
            found = difference(answer, expected)
            if found:
                wrong.append(f"{entry['case']}: {json.dumps(request)}: {found}")
    assert not wrong, "\n".join(wrong)
    assert skipped == set(NOT_HAD)
    assert compared == len(recording(version)) - len(NOT_HAD)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_the_stand_in_lacks_is_listed(version: str) -> None:
    unknown = {"code": -32601, "message": "Method not found"}
    real = {e["request"]["method"] for e in recording(version) if e["response"].get("error") != unknown}
    with served(version) as bench:
        assert real - set(bench.target.methods) == set(NOT_HAD)
        for method in NOT_HAD:
            assert bench.ask(method)["error"] == unknown


def test_the_comparison_notices_differences() -> None:
    theirs = {"a": [{"b": 1, "uuid": "x", "busy": 3}]}
    assert difference({"a": [{"b": 1, "uuid": "y", "busy": 4}]}, theirs) == ""
    different: list[dict] = [
        {"a": [{"b": 2, "uuid": "y", "busy": 4}]},
        {"a": [{"b": True, "uuid": "y", "busy": 4}]},
        {"a": [{"b": 1, "uuid": None, "busy": 4}]},
        {"a": [{"b": 1, "uuid": "y"}]},
        {"a": []},
        {"a": [{"b": 1, "uuid": "y", "busy": 4, "more": 1}]},
    ]
    for ours in different:
        assert difference(ours, theirs), ours
