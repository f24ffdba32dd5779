"""The host's status and its sentence."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe.health import host_status
from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import Verdict


@pytest.mark.parametrize(
    "protocols, expected",
    [
        ({"vhost": Verdict("healthy")}, ("Connected", None)),
        ({"vhost": Verdict("hung", "h"), "cbd": Verdict("healthy")}, ("Connected", None)),
        ({"vhost": Verdict("stopped", "s"), "cbd": Verdict("starting", "y")}, ("Connecting", "CBD: y; Vhost: s")),
        ({"vhost": Verdict("unknown", "u"), "cbd": Verdict("refused", "r")}, ("Unknown", "CBD: r; Vhost: u")),
        ({"vhost": Verdict("absent", "a"), "cbd": Verdict("hung", "h")}, ("Disconnected", "CBD: h; Vhost: a")),
        ({"vhost": Verdict("stopped", "s")}, ("Disconnected", "Vhost: s")),
        ({}, ("Unknown", "no protocol was asked")),
    ],
)
def test_host_status(protocols, expected):
    assert host_status(protocols) == expected
