"""Unpack the layers of an image into a root folder, on this machine and on worker nodes.

Python 3.9 or newer, standard library only, imports nothing else from RECAST: it is part of the worker's zipapp.

    faults.py       the two exceptions
    stream.py       the bytes of one layer: decompressed, hashed, counted
    tarstream.py    a strict reader of tar streams
    walk.py         descending an untrusted folder
    rootfs.py       writing a root folder entry by entry
    apply.py        all layers of an image, each checked against its digest
    tree.py         removing what was created
"""

__all__: list[str] = []
