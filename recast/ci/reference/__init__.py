"""The reference of a repository: the last good results of its default branch, by digest, and announced changes."""

from recast.ci.reference.accept import announce
from recast.ci.reference.blobs import bring_results, canonical_results, keep_results, put_beside, send_results
from recast.ci.reference.lock import read_reference, write_reference
from recast.ci.reference.model import LOCK_NAME, Accepted, Reference, ReferenceRun

__all__ = [
    "LOCK_NAME",
    "Accepted",
    "Reference",
    "ReferenceRun",
    "announce",
    "bring_results",
    "canonical_results",
    "keep_results",
    "put_beside",
    "read_reference",
    "send_results",
    "write_reference",
]
