"""A stand-in for ZBS's ``zbsadm`` and ``zbs`` on the lab's admin node. It is not the product: ``--version`` says so."""
