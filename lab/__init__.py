"""A ZBS site on one machine: an admin node and compute hosts as containers, for the demo and the tests.

`python3 -m lab up|down|status|inventory|ssh`; plain Python 3.9 and its standard library, for it runs before any virtual
environment is there. Nothing of it is part of the collection.
"""
