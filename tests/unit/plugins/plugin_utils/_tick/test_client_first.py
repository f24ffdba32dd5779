"""Whether an attempt brings its host the client first."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick import client

MISSING = {"path": "/etc/zbs/client.conf", "state": "missing", "needed": False, "seconds": 220.0}
LOGIN = ("root", "secret")


@pytest.mark.parametrize(
    "seen, wanted, login, deploy, said",
    [
        ({}, "when_missing", LOGIN, True, False),
        ({"needed": True}, "when_missing", LOGIN, True, False),
        ({}, "when_missing", ("", ""), False, True),
        ({}, "when_missing", ("root", ""), False, True),
        ({}, "when_missing", ("", "secret"), False, True),
        ({}, "when_missing", (None, None), False, True),
        ({"seconds": 0.0}, "when_missing", LOGIN, False, True),
        ({"needed": True}, "when_missing", ("", ""), False, True),
        ({}, "never", LOGIN, False, False),
        ({}, "never", ("", ""), False, False),
        ({"state": "present"}, "when_missing", LOGIN, False, False),
        ({"state": "present"}, "when_missing", ("", ""), False, False),
        ({"state": "no_file"}, "when_missing", LOGIN, False, False),
        ({"state": "unknown"}, "when_missing", LOGIN, False, False),
    ],
)
def test_the_client_comes_first_where_it_is_missing_and_can_be_deployed(seen, wanted, login, deploy, said):
    found, why = client.decide(dict(MISSING, **seen), wanted, login, "compute1")
    assert (found, why is not None) == (deploy, said)
    assert not said or (
        why.startswith("/etc/zbs/client.conf is missing on compute1; set zbs_vhost_heal_cbd_ssh_username and ")
        and "zbs_vhost_heal_attempt_timeout" in why
        and "secret" not in why
    )
