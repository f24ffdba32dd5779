"""VMs, what they need, and what the ledger and the target say of it."""

WEB = {"pid": 3, "started_ticks": 100, "name": "web", "uuid": None}
DB = {"pid": 4, "started_ticks": 200, "name": None, "uuid": None}


def need(bdev, vm=None, *seen):
    """A need."""
    return {"bdev": bdev, "socket": "/s/" + bdev, "vm": vm or WEB, "seen": list(seen or ("connection",))}


# The target that answers, and the one before it.
NOW, BEFORE = {"pid": 9, "started": 12.5}, {"pid": 8, "started": 1.5}


def disk(vm=None, released=False, bdev="a", target=None, **more):
    """What the ledger keeps of one."""
    return dict({"socket": "/s/" + bdev, "vm": vm or WEB, "target": target or NOW, "released": released}, **more)


def row(bdev, broken=False):
    """A controller of the target."""
    return {"controller": bdev, "broken": broken}


def found(vms, *needs):
    """What a look found."""
    return {"vms": vms, "connections_known": True, "needs": list(needs)}
