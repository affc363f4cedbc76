"""What kind of file somebody handed in, by its first bytes; and what a file of events says of its collisions."""

from __future__ import annotations

import re
import zlib

__all__ = ["HEAD_BYTES", "KINDS", "beam_energies_gev", "kind_of", "unpacked"]

HEAD_BYTES = 1 << 20
"""How much of a file is looked at."""
KINDS = {
    "slha": "an SLHA spectrum",
    "lhe": "an LHE file",
    "hepmc": "a HepMC file",
    "pyhf": "a pyhf patch",
}
_INIT = re.compile(rb"<init[^>]*>\s*(-?\d{1,9})\s+(-?\d{1,9})\s+(\S{1,30})\s+(\S{1,30})")


def unpacked(head: bytes) -> bytes:
    """Return the first bytes of a file as text, unpacked if it is gzipped; at most `HEAD_BYTES`."""
    if not head.startswith(b"\x1f\x8b"):
        return head[:HEAD_BYTES]
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
    except zlib.error:
        return b""


def kind_of(head: bytes) -> str:
    """Return the key of `KINDS` that a file's first bytes (`unpacked`) fit, or an empty text."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"<LesHouchesEvents" in start[:4096]:
        return "lhe"
    if start.startswith(b"HepMC::"):
        return "hepmc"
    if start[:1] in (b"[", b"{"):
        return "pyhf"
    if re.search(rb"(?im)^[ \t]*(block|decay)[ \t]+\S", head):
        return "slha"
    return ""


def beam_energies_gev(head: bytes) -> tuple[float, float] | None:
    """Return the energies of the two beams that an LHE file's `<init>` states, None if it is not to be seen."""
    found = _INIT.search(head)
    if found is None:
        return None
    try:
        first, second = (float(word.upper().replace(b"D", b"E")) for word in found.groups()[2:])
    except ValueError:
        return None
    return first, second
