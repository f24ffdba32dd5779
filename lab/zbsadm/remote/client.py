"""The client's configuration, so that CBD finds the cluster."""

from __future__ import annotations

import os
from typing import Any

from ..codes import CLIENT_CONFIG
from .report import Refused, path

CONFIG = "/etc/zbs/client.conf"


def act(values: dict[str, Any]) -> dict[str, Any]:
    """Write the configuration as a whole or not at all. The cluster is its nodes, or whence this login came."""
    nodes = values["nodes"] or os.environ.get("SSH_CONNECTION", "").split(" ")[:1]
    if not nodes or not nodes[0]:
        raise Refused(CLIENT_CONFIG, "sshd on this host does not say where the login came from")
    addresses = ",".join(f"{node}:6666" for node in nodes)
    text = "# written by the zstack.zbs stand-in of zbsadm\nmds.listen.addr={0}\ncluster.uuid={1}\n"
    target = path(CONFIG)
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target + ".new", "w") as stream:
            stream.write(text.format(addresses, values["cluster_uuid"]))
        os.replace(target + ".new", target)
    except OSError as error:
        raise Refused(CLIENT_CONFIG, f"{CONFIG} can't be written: {error.strerror}") from None
    return {}
