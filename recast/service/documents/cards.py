"""Cards as the service answers them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from recast.json_types import JsonDict

__all__ = ["CARD_EXAMPLE", "CardDocument"]

CARD_EXAMPLE: JsonDict = {
    "contacts": [{"name": "Jane Doe", "email": "jane@example.org"}],
    "policy": "on-acceptance",
    "final_states": ["jets", "met"],
}


class CardDocument(BaseModel):
    """Who answers for an analysis, which requests it takes, and its tags."""

    model_config = ConfigDict(extra="allow")

    policy: str
    contacts: list[Any]
