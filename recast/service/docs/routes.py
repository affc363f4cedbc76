"""The addresses of the documentation."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from recast.service.asked import AskedNow
from recast.service.docs.library import PARTS, address_of, doc_named, docs, picture, text_of
from recast.service.docs.made import completed
from recast.service.docs.markdown import Shown, shown_text
from recast.service.http.conditions import unchanged
from recast.service.http.json_body import DeskRoute
from recast.service.pages.frame import page

__all__ = ["router"]

router = APIRouter(prefix="/docs", route_class=DeskRoute, include_in_schema=False)
_FRESH = "public, max-age=3600"


@router.get("")
def first_page(asked: AskedNow) -> Response:
    """Show the first page of the documentation."""
    return read_page(asked, "index")


@router.get("/images/{file}")
def read_picture(asked: AskedNow, file: Annotated[str, Path(max_length=100)]) -> Response:
    """Give a picture of the documentation."""
    asked.must()
    content, media_type = picture(file)
    headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"', "Cache-Control": _FRESH}
    if unchanged(asked.http.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


@router.get("/{name:path}")
def read_page(asked: AskedNow, name: Annotated[str, Path(max_length=200)]) -> Response:
    """Show a page of the documentation."""
    asked.must()
    doc = doc_named(name)
    shown = _shown(doc.name, asked.parts.settings.prefix)
    parts = [
        (docs()[f"{part}/index"].title, asked.path(address_of(f"{part}/index")), part == doc.part) for part in PARTS
    ]
    return page(asked, "docs.html", title=doc.title, body=shown.body, headings=shown.headings, parts=parts)


@lru_cache(maxsize=512)
def _shown(name: str, base: str) -> Shown:
    """Return a page as HTML, which takes a few milliseconds and never changes while the service runs."""
    doc = docs()[name]
    return shown_text(doc, completed(doc.name, text_of(doc)), base)
