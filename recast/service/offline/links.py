"""Pages as they are served become pages of the copy: links lead to files, and what needs a service is taken out. Pure.

The pages are ours: in them every text of strangers is escaped, so that `<`, `>` and `"` are only where we wrote them,
and each tag is found by a pattern. A parser would take ten times as long for the same (a test compares the two).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from html import escape, unescape

__all__ = ["OUTSIDE", "relocated_data", "relocated_page"]

OUTSIDE = f"https://{secrets.token_hex(8)}.invalid"
"""What the copy's own address is while it is made, which nobody can have written; in no file of it does it stay."""

_TAG = re.compile(r"<(?:a|area|form|img|link|script)\b[^<>]*>")
_LEADS = re.compile(r'(?P<space>\s)(?P<name>href|src|action)="(?P<address>[^"]*)"')
_SENT = re.compile(r'<form\b(?![^<>]*\brole="search")[^<>]*>.*?</form>\n?', re.DOTALL)
_SCRIPT = re.compile(r"<script\b(?=[^<>]*\bsrc=)[^<>]*>\s*</script>\n?")
_ABSOLUTE = re.compile(rf"{re.escape(OUTSIDE)}(?P<path>[^\s\"'<>\\]*)")

_TEMPLATE, _FILE_OF_TEMPLATE = "/analyses/{name}", "analyses/{name}/index.html"
"""How a list for machines says where the page of any analysis is."""

File = Callable[[str], str | None]
"""Returns the link, from the first folder, for an address of the service; None if there is none in the copy."""


def relocated_page(text: str, folder: str, file: File, outside: str = "") -> str:
    """Return a page with links to files. `folder` leads from the page to the first folder: `../../`, say.

    A link to what is not copied is text; forms but that of the search are left out, and so are scripts. `outside` is
    where the copy will be served, empty if that is not known.
    """
    text = _SCRIPT.sub("", _SENT.sub("", text))
    text = _TAG.sub(lambda tag: _relocated(tag[0], folder, file), text)
    return relocated_data(text, folder, file, outside) if OUTSIDE in text else text


def relocated_data(text: str, folder: str, file: File, outside: str = "") -> str:
    """Return a feed, or data, with absolute addresses if it is known where the copy is served, else relative ones."""
    begins = f"{outside.rstrip('/')}/" if outside else folder

    def there(found: re.Match[str]) -> str:
        address, hash_, anchor = unescape(found["path"]).partition("#")
        if address == _TEMPLATE:
            return f"{begins}{_FILE_OF_TEMPLATE}{hash_}{anchor}"
        return begins + escape((file(address or "/") or "") + hash_ + anchor)

    return _ABSOLUTE.sub(there, text)


def _relocated(tag: str, folder: str, file: File) -> str:
    def there(found: re.Match[str]) -> str:
        address = unescape(found["address"])
        if not address.startswith("/"):
            return found[0]  # within the page, or another place
        path, hash_, anchor = address.partition("#")
        link = file(path)
        if link is None:
            return ""
        return f'{found["space"]}{found["name"]}="{escape(folder + link + hash_ + anchor)}"'

    moved = _LEADS.sub(there, tag)
    return "" if tag.startswith("<link") and "href=" not in moved else moved
