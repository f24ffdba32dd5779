"""A stand-in for ZBS's SPDK vhost target: SPDK's JSON-RPC in front, one qemu-storage-daemon behind.

It exists for the lab only and calls itself a stand-in wherever it is asked. All imports in this package are relative,
because the image carries it under another name (see ``image.py``).

Where it knowingly differs from SPDK: it sleeps when idle instead of burning its cores; a kill may lose requests when a
guest has more than one in flight; ``max_queues`` and ``started`` of a session are constants; only bdev and vhost_blk
have anything in ``framework_get_config``; how a bdev_zbs looks in ``bdev_get_bdevs`` (product name, I/O types,
``driver_specific``) is a guess, since nobody recorded one.
"""

STANDIN = "zstack.zbs stand-in"
