"""Templates become pages here, and nowhere else: every value is made harmless on its way in.

A text passes `recast.terminal_safe.visible` and is escaped. What comes as HTML is MathML (`recast.service.pages.tex`),
blocks of linked data (`recast.service.pages.linked`), charts (`recast.service.pages.charted`) and our own documentation
(`recast.service.docs`), which write it themselves: no template calls anything safe. What somebody has typed comes back
to them in a field of a form: there it stays what it is (`typed`, `kept`), escaped.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from recast._version import __version__
from recast.counted import counted
from recast.service.identity.csp import PAGE_POLICY
from recast.service.pages.assets import asset_path
from recast.service.pages.linked import data_block
from recast.service.pages.shape import cut
from recast.service.pages.tex import with_math
from recast.service.told import turns_told
from recast.terminal_safe import visible

if TYPE_CHECKING:
    from recast.service.asked import Asked

__all__ = ["has_tag", "page", "render"]

_FOLDER = Path(__file__).parent / "templates"
_JOINERS = "\u200c\u200d"
"""Invisible, and a part of how Persian, many scripts of India, and emoji are written."""


def page(asked: Asked, template: str, *, status: int = 200, for_anybody: bool = False, **values: Any) -> Response:
    """Return a page for whoever asks; a stranger's may be kept by their browser, which asks whether it still holds.

    With another status, or as the answer to a form, it is kept by nobody. `for_anybody`: it tells nothing of anybody,
    so that the browser of who has logged in may keep it, too, with what is typed in it.
    """
    visitor = asked.visitor
    shared = {"visitor": visitor, "here": _here(asked), "turns": turns_told(asked), "copied": asked.parts.copied}
    text = render(template, asked.parts.settings.prefix, **shared, **values)
    headers = {"Content-Security-Policy": PAGE_POLICY, "Vary": "Cookie, Authorization"}
    if (visitor.how != "nobody" and not for_anybody) or status != 200 or asked.http.method == "POST":
        return HTMLResponse(text, status, headers)  # `no-store`: nothing of it stays behind after a log-out
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers |= {"ETag": tag, "Cache-Control": "private, no-cache"}
    if has_tag(asked.http.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(text, headers=headers)


def render(template: str, base: str, **values: Any) -> str:
    """Return a template as HTML; `base` is what a reverse proxy puts before our paths."""
    known: dict[str, Any] = {"base": base, "visitor": None, "here": "", "beside": "", "feed": "", "copied": False}
    known |= {"turns": 0, "watching": None, "follow": None}
    return _environment().get_template(template).render(known | values)


def has_tag(if_none_match: str | None, tag: str) -> bool:
    """Return whether a browser has what a tag stands for."""
    return tag in {it.strip().removeprefix("W/") for it in (if_none_match or "").split(",")}


def _here(asked: Asked) -> str:
    """Return the address of the page, where a login leads back to."""
    url, prefix = asked.http.url, asked.parts.settings.prefix
    return url.path.removeprefix(prefix) + (f"?{url.query}" if url.query else "")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"math": with_math, "cut": cut, "typed": _typed, "kept": escape}
    made.globals |= {"asset": asset_path, "counted": counted, "data_block": data_block, "recast_version": __version__}
    return made


def _typed(value: str) -> Markup:
    """Return a text for a field in which its author goes on to write: what joins or parts letters stays as it is."""
    return escape(visible(value, None, keep=f"\n\t{_JOINERS}"))


def _harmless(value: Any) -> Any:
    """Return a value as a template may print it: texts without invisible characters, to be escaped by the engine."""
    if isinstance(value, Markup):
        return value
    return visible(value, None, keep="\n\t") if isinstance(value, str) else value
