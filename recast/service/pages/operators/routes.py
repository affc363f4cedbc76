"""What goes on inside the service, as a page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from recast.service.asked import AskedNow
from recast.service.http.json_body import DeskRoute
from recast.service.operators.told import operations_told
from recast.service.pages.frame import page
from recast.service.pages.operators.shown import shown_operations

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)


@router.get("/operators")
def read_operations(asked: AskedNow) -> Response:
    """Show what goes on: the worst first."""
    shown = shown_operations(operations_told(asked), asked.path(""))
    return page(asked, "operators.html", o=shown, beside=asked.path("/operators.json"))
