"""A file that came whole, with a form: handed in as an upload, with the same judgement as one that comes in pieces."""

from __future__ import annotations

from recast.json_types import JsonDict
from recast.service.asked import Asked

__all__ = ["hand_in_whole"]


def hand_in_whole(asked: Asked, content: bytes) -> JsonDict:
    """Keep a file as an upload of whoever asks, and return its document; raises what `POST /uploads` answers."""
    asked.to("upload").must()
    uploads = asked.parts.ledger.uploads
    with asked.parts.arrivals.one(asked.visitor.who), uploads.begin(asked.actor.user, len(content)) as incoming:
        incoming.write(content)
        return incoming.finish().as_json()
