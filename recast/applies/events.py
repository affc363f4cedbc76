"""The kind of a file, by its first bytes; and what an event file says about its collisions."""

from __future__ import annotations

import codecs
import re
import zlib

from recast.applies.plaintext import number

__all__ = ["HEAD_BYTES", "KINDS", "beam_energies_gev", "kind_of", "needs_of_events", "unpacked"]

HEAD_BYTES = 1 << 20
"""The number of bytes of a file that are examined."""
KINDS = {
    "slha": "an SLHA spectrum",
    "lhe": "an LHE file",
    "hepmc": "a HepMC file",
    "pyhf": "a pyhf patch",
}
_INIT = re.compile(rb"<init[^>]{0,200}>\s{0,20}(-?\d{1,9})\s{1,20}(-?\d{1,9})\s{1,20}(\S{1,30})\s{1,20}(\S{1,30})")
# What generators say of events that are not to be showered as they are: jets would be counted twice. The run card of
# MadGraph has `1 = ickkw`, that of Alpgen `1 ! ickkw`.
_SETTING = re.compile(
    r"^[ \t#]{0,40}(?P<value>[^\s=!]{1,40})[ \t]{0,40}[=!][ \t]{0,40}'?(?P<name>ickkw|xqcut|ktdurham|ptlund)\b",
    re.I | re.M,
)
_MATCHED = re.compile(r"Matched Integrated weight|\?(?:mlm|ckkw)_matching\s{0,20}=\s{0,20}true", re.I)
_PARTONS = re.compile(r"<event\b[^>]{0,200}\bnp(?:N?LO)\s{0,9}=\s{0,9}[\"']\s{0,9}(\d{1,3})", re.I)


def unpacked(head: bytes) -> bytes:
    """Return the first bytes of a file, decompressed if it is gzipped; about `HEAD_BYTES`."""
    if not head.startswith(b"\x1f\x8b"):
        return _plain(head[:HEAD_BYTES])
    try:
        return _plain(zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES))
    except zlib.error:
        return b""


def kind_of(head: bytes) -> str:
    """Return the key of `KINDS` that matches a file's first bytes (`unpacked`), or an empty string."""
    start = head.lstrip(b"\xef\xbb\xbf \t\n")
    if b"<LesHouchesEvents" in start[:4096]:
        return "lhe"
    if start.startswith(b"HepMC::"):
        return "hepmc"
    if start[:1] in (b"[", b"{"):
        return "pyhf"
    if re.search(rb"(?im)^[ \t]{0,80}(block|decay)[ \t]{1,80}\S", head):
        return "slha"
    return ""


def _plain(head: bytes) -> bytes:
    """Return the first bytes as UTF-8 with Unix line endings, converted from those of Windows and old Macs."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    return head.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def beam_energies_gev(head: bytes) -> tuple[float, float] | None:
    """Return the energies of the two beams that an LHE file's `<init>` states, None if it is not found."""
    found = _INIT.search(head)
    if found is None:
        return None
    try:
        first, second = (float(word.upper().replace(b"D", b"E")) for word in found.groups()[2:])
    except ValueError:
        return None
    return first, second


def needs_of_events(head: bytes) -> str:
    """Return the matching or merging that an LHE file says its events need, in its own words; or an empty string."""
    text = head.decode("utf-8", "replace")
    header = text.partition("<init")[0]
    for found in _SETTING.finditer(header):
        try:
            size = number(found["value"].strip("'\""))
        except ValueError:
            continue
        if size > 0.0 or (size and found["name"].lower() == "ickkw"):
            return f"matching or merging ({found['value']} = {found['name']})"
    said = _MATCHED.search(header) or _PARTONS.search(text)
    return f"matching or merging ({said[0][:60].strip()})" if said else ""
