"""From the layers of an image to a root folder: what this machine and a worker node have in common.

Python 3.9 or newer, standard library only, nothing else of RECAST: it travels in the worker's zipapp.

    faults.py       the two exceptions
    stream.py       the bytes of one layer: decompressed, hashed, counted
    tarstream.py    a strict reader of tar streams
    walk.py         walking down a folder that strangers filled
    rootfs.py       writing a root folder entry by entry
    apply.py        all layers of an image, each checked against its digest
    tree.py         removing what was made
"""

__all__: list[str] = []
