"""A target for probes: an admin socket in a thread, and a docker that knows its container."""

import json
import os

from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs

VERSION = {"version": "SPDK v24.01", "fields": {"major": 24}}


def behave(answers):
    """A behaviour of Peer that answers each method from `answers` ({method: result}); others are unknown methods."""

    def on(conn, request):
        asked = json.loads(request)
        reply = {"jsonrpc": "2.0", "id": asked["id"]}
        if asked["method"] in answers:
            reply["result"] = answers[asked["method"]]
        else:
            reply["error"] = {"code": -32601, "message": "Method not found"}
        conn.sendall(json.dumps(reply).encode())

    return on


def controller(name, bdev="same", socket=None, sessions=0):
    """A controller as vhost_get_controllers lists it."""
    return {
        "ctrlr": name,
        "cpumask": "0x3",
        "socket": socket,
        "sessions": [{"vid": number} for number in range(sessions)],
        "backend_specific": {"block": {"readonly": False, "bdev": name if bdev == "same" else bdev}},
    }


def write_docker(folder, answer=None, rc=0, err="", body=None):
    """A docker on PATH that answers every inspect so and knows no other container; returns its folder."""
    out = json.dumps([answer]) if answer is not None else "[]"
    no_other = '[ "$1 %s" != "ps 0" ] || exit 0\n' % rc
    programs.write_program(folder, "docker", body or no_other + programs.answering(out, err, rc))
    return folder


def write_engine(folder, containers):
    """A docker on PATH that knows these containers (as `docker container inspect` shows them) by Id and Name, and lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["echo %s" % item["Id"] for item in containers]
    body = ['if [ "$1" = ps ]; then', ":"] + lines + ["exit 0", "fi"]
    # Many at once are asked for a line each, one by its name for a list.
    body += [
        'case " $* " in *" --format "*) many=1 ;; *) many= ;; esac',
        "found=",
        'for word in "$@"; do case "$word" in',
    ]
    for number, item in enumerate(containers):
        (folder / ("%d.json" % number)).write_text(json.dumps(item) + "\n")
        names = "%s|%s" % (item["Id"], item["Name"].lstrip("/"))
        show = 'cat "%s/%d.json"' % (folder, number)
        body.append('%s) found=1; if [ "$many" ]; then %s; else echo "["; %s; echo "]"; fi ;;' % (names, show, show))
    body += ["esac; done", '[ "$found" ] && exit 0']
    body += ['echo "[]"', 'echo "Error response from daemon: No such container: x" >&2', "exit 1"]
    programs.write_program(folder, "docker", "\n".join(body))
    return folder


NO_CONTAINER = {"rc": 1, "err": "Error response from daemon: No such container: x"}


def container(status, socket, pid=0, exit_code=0, **more):
    """What docker says of the target's container."""
    running = status in ("running", "restarting", "paused")
    state = {"Status": status, "Running": running, "Restarting": status == "restarting", "Pid": pid}
    state["ExitCode"] = exit_code
    data = {"Id": "c1", "State": state, "Config": {"Image": "zbs:1"}, "Path": "zbsvhost", "RestartCount": 0}
    data["Args"] = ["-m", "[0,1]", "-s", "1024", "-r", socket]
    return dict(data, **more)


def in_folder(folder, name):
    """A path of a socket."""
    return os.path.join(folder, name)
