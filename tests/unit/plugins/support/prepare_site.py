"""A fake host that the prepare module is run on, whole: its kernel, its mounts, its Docker."""

import json

from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import asking

from . import fake_host, fake_kernel, programs, target
from .modules import run_module

NAME = "zbs_vhost_prepare"
INFO = programs.answering(json.dumps({"ServerVersion": "28.2.2", "LiveRestoreEnabled": True}))
SAME = ("changed", "ready", "missing", "kept", "actions", "hugepages", "hugetlbfs", "docker", "cpuset", "diff")


class Site:
    """A fake host with an engine and a pool; `options` are options for it."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.root = folder / "h"
        self.log = folder / "log"
        self.monkeypatch = monkeypatch
        self.options = {"host_ip": "h", "hugepage_count": 100}
        self.kernel = None
        fake_host.write_host(self.root)
        fake_host.look_at(monkeypatch, self.root)
        monkeypatch.setenv("PATH", programs.path_with(folder / "bin"))
        fake_host.mount_program(folder / "bin", self.root, self.log)
        self.docker()
        self.boot()

    def boot(self, **kernel):
        """Another kernel, with its pool."""
        self.kernel = fake_kernel.FakeKernel(self.root, **kernel)
        self.monkeypatch.setattr(asking, "write", self.kernel.write)
        return self.kernel

    def guests(self, size_kib, path="/dev/hugepages", mounted=True, **kernel):
        """A second pool, of the kernel's default size, and its hugetlbfs; the pool that guests use then."""
        second = fake_kernel.FakeKernel(self.root, size_kib=size_kib, **kernel)

        def write(where, value):
            mine = (
                [self.kernel, second]
                if "hugepages-" not in where
                else [second if "-%dkB" % size_kib in where else self.kernel]
            )
            for pool in mine:
                pool.write(where, value)

        self.monkeypatch.setattr(asking, "write", write)
        meminfo = (self.root / "proc/meminfo").read_text()
        fake_host.write(self.root, "proc/meminfo", meminfo + "Hugepagesize: %d kB\n" % size_kib)
        if mounted:
            info = self.root / "proc/self/mountinfo"
            row = "30 1 0:28 / %s rw shared:15 - hugetlbfs hugetlbfs rw,pagesize=%dM\n" % (path, size_kib // 1024)
            info.write_text(info.read_text() + row)
        return second

    def docker(self, inspect=None, info=INFO):
        """What docker answers."""
        answer = programs.answering(json.dumps([inspect]))
        if inspect is None:
            answer = programs.answering("[]", target.NO_CONTAINER["err"], 1)
        body = 'if [ "$1" = info ]; then\n%s\nelse\n%s\nfi' % (info, answer)
        programs.write_program(self.folder / "bin", "docker", body)

    def running_target(self, kib, numa_maps=None):
        """A target that holds so much hugepage memory."""
        fake_host.write_process(self.root, 4711, hugetlb_kib=kib)
        if numa_maps is not None:
            fake_host.write(self.root, "proc/4711/numa_maps", numa_maps)
        self.docker(target.container("running", "/s", 4711))

    def run(self, check_mode=False, **more):
        """Run the module, which must succeed."""
        status, result = run_module(NAME, dict(self.options, **more), check_mode, diff=True)
        assert status == 0, result
        return result

    def four(self, **more):
        """Check, real, check again, real again: the real result, after what must hold of the four."""
        writes = len(self.kernel.writes)
        predicted = self.run(True, **more)
        assert len(self.kernel.writes) == writes
        done = self.run(**more)
        for key in SAME:
            assert predicted[key] == done[key], key
        for check_mode in (True, False):
            again = self.run(check_mode, **more)
            assert not again["changed"] and again["actions"] == []
            assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]
        return done

    def touched(self):
        """Whether anything was written or mounted."""
        return bool(self.kernel.writes or programs.calls(self.log))


def pool(total, free, reserved=0):
    return {"total": total, "free": free, "reserved": reserved}
