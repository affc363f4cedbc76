"""Images on a node: found there, or fetched once, and always the pinned one.

runtimes.py   which container runtimes this node has
ready.py      sources that are used where they are: an unpacked folder, CVMFS, a SIF file
documents.py  the manifest and the configuration, read from bytes that were hashed
pull.py       blobs from a layout, a registry or an archive, each hashed
registry.py   what a registry wants to hear
archive.py    a layout in one tar file, streamed
rootfs.py     a root folder in the node's cache
podman.py     an image in Podman's own storage
"""

__all__: list[str] = []
