"""A guard whose target, VMs and clock are a test's, with a real ledger."""

from ansible_collections.zstack.zbs.plugins.module_utils._guard import looking, loop
from ansible_collections.zstack.zbs.plugins.module_utils._guard.options import check
from ansible_collections.zstack.zbs.plugins.module_utils._observe.spdk import Answer
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger, ledger_writing
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers, ticks
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import WEB

BDEV = "zbs-bdev-a"
PATH = "pool1/vol1"


def options(folder, **more):
    """Options with the ledger in `folder`."""
    return check(dict({"host_ip": "h", "facts_dir": str(folder)}, **more), "guard.json")


def need(bdev=BDEV, vm=None, broken=False, seen=("connection",)):
    """A need as a health has it."""
    return {"bdev": bdev, "socket": "/s/" + bdev, "vm": vm or WEB, "seen": list(seen), "broken": broken}


def health(needs=(), volumes=(), verdict="healthy", vms=(WEB,)):
    """A health with these needs; `volumes` are names of controllers."""
    found = ticks.health(verdict)
    found.update(demand=list(needs), volumes=[{"controller": name, "broken": False} for name in volumes], vms=list(vms))
    return dict(found, process={"pid": 9, "started_s_after_boot": 12.5}, container={"answer": "missing"})


def write_ledger(folder, paths=None, **more):
    """A ledger that knows which volumes these bdevs are."""
    known = {"known": {}, "paths": {BDEV: PATH} if paths is None else paths}
    found = ledger.Ledger(disks=known, **more)
    ledger_writing.write(found, str(folder))
    return found


class Site:
    """A target with disks of one VM, and a guard that watches it.

    state, pid   of the target
    served       bdevs that it serves; the VM needs all of `wanted`
    alive        whether the VM's process lives
    calls        what the guard asked of the target to change
    """

    def __init__(self, folder, monkeypatch, **more):
        self.folder = folder
        self.state, self.pid, self.alive = looking.ANSWERS, 9, True
        self.wanted = [BDEV]
        self.served = set(self.wanted)
        self.now = 1000.0
        self.calls = []
        self.said = []
        self.looks = 0
        self.fails = None
        self.options = options(folder, **more)
        self.guard = self.make()
        monkeypatch.setattr(loop, "restore", self._restore)
        monkeypatch.setattr(loop, "Clock", self.clock)

    def make(self, record=None):
        return loop.Guard(self.options, self.said.append, record, self._small, self._look, self._living)

    def clock(self):
        return ledgers.clock(self.now)

    def turn(self, seconds=1.0):
        """A turn of the guard, and then time passes."""
        pause = self.guard.turn(self.clock())
        self.now += seconds
        return pause

    def die(self):
        """The target's process ends; all that it served is gone."""
        self.state, self.pid, self.served = looking.NOBODY, None, set()

    def come_back(self, pid=10):
        """Docker started it again, empty."""
        self.state, self.pid = looking.ANSWERS, pid

    def _small(self, _path):
        return looking.Small(self.state, self.pid, self.served, len(self.served))

    def _look(self, _settings):
        self.looks += 1
        vms = [WEB] if self.alive else []
        if self.state != looking.ANSWERS:
            return health([], (), "stopped", vms)
        needs = [need(bdev, broken=bdev not in self.served) for bdev in self.wanted] if self.alive else []
        return health(needs, sorted(self.served), vms=vms)

    def _living(self, known):
        return set(known) if self.alive else set()

    def _restore(self, _path, disks):
        for disk in disks:
            self.calls.append((disk["bdev"], disk["path"]))
            if self.fails is None:
                self.served.add(disk["bdev"])
        return {disk["bdev"]: self.fails for disk in disks}


def answer(result):
    """What spdk.call returns."""
    return Answer(result, 9)
