"""A probe of a target on a socket of a test's own; the fixtures `folder` and `docker` belong to it."""

import os

from ansible_collections.zstack.zbs.plugins.module_utils._observe import probe as observe_probe
from ansible_collections.zstack.zbs.plugins.module_utils._observe.settings import Settings
from ansible_collections.zstack.zbs.tests.unit.plugins.support import target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import open_files, until

GOOD = {"spdk_get_version": target.VERSION, "vhost_get_controllers": []}


def settings(folder, timeout=10.0, protocols=("vhost",), grace=0.0, heartbeat=None):
    return Settings("zbsvhost-x", os.path.join(folder, "admin.sock"), protocols, heartbeat, timeout, grace)


def probe(folder, **more):
    """The health; proves that no descriptor stays open."""
    before = open_files()
    health = observe_probe.probe(settings(folder, **more))
    until(lambda: open_files() <= before)
    return health


def probe_inside(folder, **more):
    """As probe, where a peer's own descriptors come and go."""
    return observe_probe.probe(settings(folder, **more))
