"""A summary as a comment: read elsewhere than beside its pictures."""

from __future__ import annotations

import re

__all__ = ["for_comment"]

_PICTURE = re.compile(r"^!\[(?P<title>.*)\]\((?P<address>plots/[A-Za-z0-9_.-]+)\)\n\n?", re.MULTILINE)


def for_comment(summary: str, page: str) -> str:
    """Return a summary whose picture is shown from `page`, the address of the pipeline's folder, ending with `/`.

    Without a page nobody could load the picture, so it is left out.
    """
    return _PICTURE.sub(rf"![\g<title>]({page}\g<address>)\n\n" if page else "", summary)
