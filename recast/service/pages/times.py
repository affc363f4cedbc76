"""Times for people: to the minute, in UTC, with the whole of it for programs. Pure."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from recast.terminal_safe import visible

__all__ = ["with_time"]

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d{1,9})?(?:Z|\+00:00)", re.ASCII)


def with_time(moment: str) -> Markup:
    """Return a time of ours (`2026-01-31T12:00:05Z`) as `2026-01-31 12:00 UTC`, marked as a time; another text
    as it is.
    """
    found = _MOMENT.fullmatch(moment)
    if found is None:
        return escape(visible(moment, 80))
    return Markup('<time datetime="{}">{} {} UTC</time>').format(found[0], found[1], found[2])
