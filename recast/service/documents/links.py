"""Links for referees, as clients ask for them, and as they are answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from recast.json_types import JsonDict

__all__ = ["LinkList", "LinkMade", "NewLink"]

_DAY_S = 86400
_WANTED: JsonDict = {"note": "for the referees of JHEP", "expires_in_s": 30 * _DAY_S}


class NewLink(BaseModel):
    """Whom a link is for, and how long it opens."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_WANTED]})

    note: Annotated[str, Field(max_length=150)] = ""
    expires_in_s: Annotated[int, Field(ge=60, le=366 * _DAY_S)] = 30 * _DAY_S


class LinkDocument(BaseModel):
    """What is known of a link."""

    id: str
    note: str
    created: str
    expires: str


class LinkMade(LinkDocument):
    """A new link. `link` is null when the answer is repeated for the same Idempotency-Key."""

    link: str | None


class LinkList(BaseModel):
    """The links to one request."""

    items: list[LinkDocument]
    next: None
    total: int
