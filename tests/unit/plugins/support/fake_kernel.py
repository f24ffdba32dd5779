"""A kernel's hugepage pool as files below a folder, one page size on one or more NUMA nodes."""

import os
import re
import threading

from .fake_host import write


class Node:
    """The pool's part on one node, and how many more pages the node can give."""

    def __init__(self, total, free, grant):
        self.total = total
        self.free = free
        self.surplus = 0
        self.grant = grant


class FakeKernel:
    """The pool of one page size of a kernel that gives at most `grant` more pages on each node, and `after_compact` more
    once it compacted.

    Its `write` takes the place of asking.write, since a file does not follow a write as sysfs does; it does what
    set_max_huge_pages() of Linux does. `writes` are the writes: (file's name, or node's, value).
    """

    def __init__(
        self,
        root,
        total=0,
        free=None,
        reserved=0,
        grant=10**9,
        after_compact=0,
        nodes=1,
        size_kib=2048,
        node_memory_kib=16 * 1024**2,
    ):
        self.root = root
        self.size_kib = size_kib
        self.after_compact = after_compact
        self.reserved = reserved
        self.writes = []
        self.on_write = None
        self._lock = threading.Lock()
        self._next = 0
        free = total if free is None else free
        self.nodes = [Node(0, 0, grant) for _number in range(nodes)]
        self.nodes[0].total, self.nodes[0].free = total, free
        for number in range(nodes):
            text = "Node %d MemTotal: %d kB\nNode %d MemFree: %d kB\n" % (
                number,
                node_memory_kib,
                number,
                node_memory_kib,
            )
            write(root, "sys/devices/system/node/node%d/meminfo" % number, text)
        self._flush()

    def set(self, total, free, reserved=0, node=0):
        """Set the counters of a node."""
        self.nodes[node].total, self.nodes[node].free, self.reserved = total, free, reserved
        self._flush()

    def use(self, pages, node=0):
        """Somebody takes free pages of a node."""
        self.nodes[node].free -= pages
        assert self.nodes[node].free >= 0
        self._flush()

    def total(self):
        """Pages of the machine."""
        return sum(node.total for node in self.nodes)

    def free(self):
        """Free pages of the machine."""
        return sum(node.free for node in self.nodes)

    def surplus(self):
        """Surplus pages of the machine."""
        return sum(node.surplus for node in self.nodes)

    def write(self, path, value):
        """What the kernel does with a write."""
        with self._lock:
            found = re.search(r"/node(\d+)/hugepages/hugepages-(\d+)kB/nr_hugepages$", path)
            if found:
                assert int(found.group(2)) == self.size_kib
                self.writes.append(("node" + found.group(1), value))
                node = self.nodes[int(found.group(1))]
                self._resize([node], int(value) + self._persistent() - (node.total - node.surplus))
            else:
                self.writes.append((os.path.basename(path), value))
                if path.endswith("compact_memory"):
                    for node in self.nodes:
                        node.grant += self.after_compact
                elif path.endswith("nr_hugepages"):
                    assert path.endswith("mm/hugepages/hugepages-%dkB/nr_hugepages" % self.size_kib)
                    self._resize(self.nodes, int(value))
            if self.on_write:
                self.on_write(self)
            self._flush()

    def _persistent(self):
        return self.total() - self.surplus()

    def _turn(self, nodes, fit):
        """The next of `nodes` that fits, one after the other as the kernel does; None when none does."""
        for _try in nodes:
            self._next += 1
            node = nodes[self._next % len(nodes)]
            if fit(node):
                return node
        return None

    def _resize(self, nodes, count):
        while count > self._persistent():
            node = self._turn(nodes, lambda item: item.surplus > 0)
            if node is None:
                break
            node.surplus -= 1
        while count > self._persistent():
            node = self._turn(nodes, lambda item: item.grant > 0)
            if node is None:
                return
            node.grant -= 1
            node.total += 1
            node.free += 1
        least = max(count, self.reserved + self.total() - self.free())
        while least < self._persistent():
            node = self._turn(nodes, lambda item: item.free > 0)
            if node is None:
                break
            node.total -= 1
            node.free -= 1
        while count < self._persistent():
            node = self._turn(nodes, lambda item: item.surplus < item.total)
            if node is None:
                break
            node.surplus += 1

    def _flush(self):
        self._folder("sys/kernel/mm/hugepages", self.total(), self.free(), self.surplus(), resv_hugepages=self.reserved)
        for number, node in enumerate(self.nodes):
            self._folder("sys/devices/system/node/node%d/hugepages" % number, node.total, node.free, node.surplus)

    def _folder(self, base, total, free, surplus, **more):
        numbers = dict(more, nr_hugepages=total, free_hugepages=free, surplus_hugepages=surplus)
        for name, number in numbers.items():
            write(self.root, "%s/hugepages-%dkB/%s" % (base, self.size_kib, name), "%d\n" % number)
