"""Evidence for the decision about health: builders with ordinary defaults."""

from ansible_collections.zstack.zbs.plugins.module_utils._observe import evidence as observe_evidence
from ansible_collections.zstack.zbs.plugins.module_utils._observe.container import Container
from ansible_collections.zstack.zbs.plugins.module_utils._observe.process import ProcessInfo

PATH = "/var/zbsvhost/sockets/admin.sock"


def container(status="running", running=None, restarting=False, **more):
    """A container that Docker showed."""
    state = {
        "Status": status,
        "Running": status in ("running", "paused", "restarting") if running is None else running,
        "Restarting": restarting or status == "restarting",
        "ExitCode": more.pop("exit_code", 0),
        "Pid": more.pop("pid", 4711),
    }
    args = more.pop("args", ["-r", PATH])
    restarts = more.pop("restarts", 3)
    assert not more
    data = {"Id": "c1", "State": state, "RestartCount": restarts, "Path": "zbsvhost", "Args": args}
    return Container("found", data=data)


def not_found(answer, detail="the detail"):
    """A Docker that did not show it."""
    return Container(answer, detail)


def process(age=1000.0, state="R"):
    """A process of that age in seconds."""
    return ProcessInfo(4711, "reactor_0", state, 100.0, age, {2048: {0: 1}})


def evidence(
    socket,
    listening=None,
    container=None,
    process=None,
    grace=30.0,
    volumes=0,
    detail="it said so",
    connections=0,
    age=None,
    elsewhere=(),
):
    """Evidence about the admin socket."""
    if listening is None:
        listening = socket != "nobody"
    return observe_evidence.Evidence(
        PATH, socket, detail, listening, container, process, grace, volumes, connections, age, elsewhere
    )
