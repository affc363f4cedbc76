"""An error on its way through a framework that lets only its own exceptions pass."""

from __future__ import annotations

from starlette.exceptions import HTTPException

from recast.errors import RecastError

__all__ = ["Refusal"]


class Refusal(HTTPException):
    """A RecastError, raised where a body is read."""

    def __init__(self, error: RecastError) -> None:
        super().__init__(400, error.what)
        self.error = error
