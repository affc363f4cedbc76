"""Container images: references, pins, the OCI layout of the local store, building and unpacking."""

from recast.images.layout import ImageStore
from recast.images.lock import ImageLock, Pin, load_lock, write_lock
from recast.images.reference import Reference, parse_reference
from recast.images.unpack import UnpackedImage, ensure_unpacked, is_unpacked, lease_unpacked
from recast.images.verify import BadBlob, verify
from recast.layers.stream import Limits

__all__ = [
    "BadBlob",
    "ImageLock",
    "ImageStore",
    "Limits",
    "Pin",
    "Reference",
    "UnpackedImage",
    "ensure_unpacked",
    "is_unpacked",
    "lease_unpacked",
    "load_lock",
    "parse_reference",
    "verify",
    "write_lock",
]
