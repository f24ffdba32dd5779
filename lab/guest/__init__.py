"""A VM of the lab: a kernel, a few modules and one loop, whose disk is a volume of the target.

It writes, reads back and compares, block by block, past every cache, and prints each round on its console. So it tells whether
a disk stands still, goes on, has lost a round, or is another disk than before.
"""
