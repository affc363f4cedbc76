"""A whole log to take away, byte for byte but for secrets; it is read in parts while it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recast.masked import masked
from recast.service.logs.hidden import Hiding
from recast.service.logs.window import opened

__all__ = ["whole_log"]

_PIECE = 256 << 10


def whole_log(log: Path, *, ended: bool) -> Iterator[bytes]:
    """Yield the log as long as it is now; nothing of one that is not there. Raises OSError before the first piece."""
    hiding, place = Hiding(), 0
    try:
        with opened(log, ended=ended) as found:
            while place < found.cuts.size:
                end = found.cuts.at_or_before(place + _PIECE)
                end = end if end > place else found.cuts.at_or_after(place + 1)
                if end <= place:
                    return
                yield _without_shapes(hiding.between(found.cuts, place, end))
                place = end
    except FileNotFoundError:
        return


def _without_shapes(content: bytes) -> bytes:
    """Return a text without what has the shape of a secret; what is no UTF-8 stays as it is."""
    text = content.decode(errors="surrogateescape")
    safe = masked(text)
    return content if safe == text else safe.encode(errors="surrogateescape")
