"""What reads text from outside for the engine: no error but ZbsError, and no text that takes long."""

import json
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import (
    daemon_json,
    daemon_keys,
    daemon_text,
    firewall,
    flags,
    image,
    live_state,
    names,
    nesting,
    registry_names,
    together,
    unit,
    way,
)
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from hypothesis import example, given
from hypothesis import strategies as st

SECONDS = 1.0
MEGABYTES = 10 * 1024 * 1024
KEYS = sorted(daemon_keys._KINDS)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
documents = st.dictionaries(st.sampled_from(KEYS) | st.text(), values, max_size=6)
words = st.lists(
    st.text()
    | st.sampled_from(["--%s" % name for name in KEYS + sorted(daemon_keys.FLAGS)] + ["-D", "-H", "-Hfd://", "--"]),
    max_size=8,
)


def allowed(function, *arguments, errors=ZbsError):
    """What the function returns; None where it raises what it may."""
    try:
        return function(*arguments)
    except errors as exc:
        assert isinstance(exc, ValueError) or ("\n" not in exc.message and len(exc.message) < 2000)
        return None


@given(st.binary())
@example(b"\xef\xbb\xbf{}")
@example(b'\xff\xfe{\x00"\x00')
@example(b'{"a": "\\ud800"}')
@example(b'{"a": ' + b"9" * 5000 + b"}")
def test_a_file_of_any_bytes(data):
    text = allowed(daemon_text.decode, data, "/f")
    if text is not None:
        for twins in (False, True):
            document = allowed(daemon_text.parse, text, "/f", twins)
            if document is not None:
                daemon_text.told(document)
                daemon_text.render(document).encode("utf-8")


@given(documents)
def test_what_is_rendered_is_read_back(document):
    text = daemon_text.render(document)
    assert daemon_text.decode(text.encode("utf-8"), "/f") == text
    found = daemon_text.parse(text, "/f", twins=True)
    assert daemon_text.render(found) == text


@given(words)
def test_any_command_line(line):
    found = flags.flags_of(line)
    assert all(isinstance(value, str) for items in found.values() for value in items)
    assert all(items for items in found.values())
    names.arguments(line)
    for items in found.values():
        assert flags.flag_bool(items) in (True, False, None)


@given(
    documents, documents, words, st.none() | st.text(), st.booleans(), st.none() | st.sampled_from(["zfs", "overlay2"])
)
def test_any_merge(current, options, line, version, swarm, storage):
    given_flags = flags.flags_of(line)
    if not _fits(options):
        return
    merged = allowed(daemon_json.merge, current, options, {"labels": ["a=1"]}, given_flags, "/f", False, swarm, storage)
    if merged is None:
        return
    # A second merge changes nothing, nothing of the operator's is lost, and nothing is in both places.
    assert daemon_json.merge(merged, options, {"labels": ["a=1"]}, given_flags, "/f", False, swarm, storage) == merged
    assert set(current) - {"live-restore"} <= set(merged)
    assert not (set(daemon_text.told(merged)) & set(given_flags)) - daemon_keys.BOTH_PLACES
    allowed(together.refuse_pairs, merged, given_flags, version, "/f")
    daemon_json.changes(current, merged)
    daemon_keys.unknown_to(version, merged)


def _fits(options):
    try:
        daemon_json.refuse_options(options)
    except ZbsError:
        return False
    return True


@given(st.dictionaries(st.sampled_from(["ServerVersion", "RegistryConfig", "Swarm", "Driver", "Containers"]), values))
def test_any_answer_of_docker_info(info):
    state = live_state.State("p", None, {}, None, info, None, "")
    state.as_dict()
    live_state.is_podman(info)
    json.dumps([state.insecure, state.mirrors])


@given(
    st.dictionaries(st.sampled_from(["HTTP_PROXY", "https_proxy", "NO_PROXY"]), st.text()), words, documents, st.text()
)
def test_any_way(environment, line, document, host):
    found = way.of(environment, flags.flags_of(line), document)
    for scheme in ("http", "https"):
        proxy = allowed(found.proxy, scheme, host, 443, errors=ValueError)
        assert proxy is None or (proxy.host and 0 < proxy.port < 65536)
    found.is_insecure(host, lambda: [host])


@given(st.text())
def test_any_name(text):
    allowed(registry_names.split, text)
    registry_names.host_of(registry_names.registry_of(text))
    registry_names.is_insecure_entry(text)
    registry_names.is_mirror(text)
    registry_names.network(text)
    image.kind_of(text)
    daemon_keys.release_of(text)


@given(
    st.text()
    | st.lists(st.sampled_from(["table ip filter {", "chain DOCKER {", "-N DOCKER", "", "junk"])).map("\n".join)
)
def test_any_firewall(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    real = firewall._lines
    firewall._lines = lambda *_arguments: lines
    try:
        assert firewall.docker_chains(Deadline(20)) in (True, False, None)
    finally:
        firewall._lines = real


@given(st.text())
def test_any_unit(text):
    unit.parse(text, lambda _path: {})
    unit.parse("ExecStart={ path=/x ; argv[]=/usr/bin/dockerd %s ; ignore_errors=no }" % text, lambda _path: {})


LONG = [
    ("a file of one text", lambda: _read('{"a": "%s"}' % ("x" * MEGABYTES))),
    ("a deep one", lambda: _read("[" * MEGABYTES)),
    ("a deep object", lambda: _read('{"a":' * (MEGABYTES // 5))),
    ("digits", lambda: _read('{"a": %s}' % ("9" * MEGABYTES))),
    ("spaces", lambda: _read(" " * MEGABYTES)),
    ("one long switch", lambda: flags.flags_of(["-" + "D" * MEGABYTES])),
    ("one long flag", lambda: flags.flags_of(["--" + "x" * MEGABYTES])),
    ("many flags", lambda: flags.flags_of(["--label=a"] * 200000)),
    ("a long name", lambda: names.arguments(["/usr/bin/dockerd-" + "x." * (MEGABYTES // 2)])),
    ("NO_PROXY", lambda: way.of({"HTTPS_PROXY": "p", "NO_PROXY": "a,1.2.3.4/8," * (MEGABYTES // 12)}, {}, {}).proxy("https", "r", 1)),
    ("a proxy", lambda: allowed(way.parse_proxy, "http://" + "a:" * (MEGABYTES // 2), errors=ValueError)),
    ("a registry", lambda: allowed(registry_names.split, "a-" * (MEGABYTES // 2))),
    ("an entry", lambda: registry_names.is_insecure_entry("a-" * (MEGABYTES // 2))),
    ("a mirror", lambda: registry_names.is_mirror("https://" + "a-" * (MEGABYTES // 2))),
    ("an image", lambda: registry_names.registry_of("a" * MEGABYTES)),
    ("a pull", lambda: image.kind_of('https://a": ' * (MEGABYTES // 12))),
    ("a unit", lambda: unit.parse("ExecStart={ argv[]=" + "$A " * (MEGABYTES // 3), lambda _path: {})),
    ("cgroups", lambda: nesting._CONTAINER.search("docker-" * 36)),
]  # fmt: skip


def _read(text):
    allowed(daemon_text.parse, daemon_text.decode(text.encode(), "/f"), "/f")


@pytest.mark.parametrize("case, work", LONG, ids=[row[0] for row in LONG])
def test_ten_megabytes_take_less_than_a_second(case, work):
    began = time.process_time()
    work()
    assert time.process_time() - began < SECONDS, case
