"""What administrators say of accounts, and what they are answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from recast.service.documents.people import PersonDocument
from recast.service.documents.requests import Given

__all__ = ["Block", "ModeratedPerson", "NewInvitation", "NewQuota", "SentInvitation"]

What = Literal["core_hours", "upload_bytes", "open_requests", "ledger_bytes"]


class Block(Given):
    """Why nothing of an account is accepted any more; the person is told."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "3,000 requests in an hour"}]})

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class NewQuota(Given):
    """What one person may use; null gives them the site's default again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"what": "core_hours", "most": 500}]})

    what: What
    most: Annotated[float | None, Field(ge=0, le=1e15, strict=False)]


class NewInvitation(Given):
    """Who is invited: somebody new, with a role or none; or `user`, who is to have a new password."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "operator"}]})

    role: Literal["", "operator", "administrator"] = ""
    user: Annotated[str, Field(max_length=40)] = ""


class SentInvitation(Given):
    """The address that makes a local account, or sets its password, once; it is never shown again."""

    path: str
    expires: str


class RoomDocument(Given):
    """What somebody has used of a quantity, and the most they may use."""

    what: What
    used: float
    most: float


class ModeratedPerson(PersonDocument):
    """A person, why they are blocked (empty: they are not), and their quotas."""

    blocked: str
    quotas: list[RoomDocument]
