"""Uploads as the service answers them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["UploadDocument", "UploadList"]


class UploadDocument(BaseModel):
    """A file that is kept. Points name it as `upload:sha256:…`."""

    model_config = ConfigDict(extra="allow")

    upload: str = Field(description="Its digest, sha256:…")
    kind: str = Field(description="What its content is: slha, lhe, hepmc, pyhf, points")
    notes: list[str] = Field(description="What is worth knowing about it")


class UploadList(BaseModel):
    """The uploads of one user."""

    items: list[UploadDocument]
    next: None
    total: int
