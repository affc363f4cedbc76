"""A delivery, from headers and body to what it says; everything that is not proven and sound is refused. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from urllib.parse import parse_qs

from recast.ci.forges.events import Delivery, Hook, Refusal
from recast.ci.forges.fields import Odd
from recast.ci.forges.headers import Head, read_head
from recast.ci.forges.payloads import event_of
from recast.ci.forges.proof import check_proof
from recast.strictjson import parse_json

__all__ = ["MOST_BYTES", "read_delivery"]

MOST_BYTES = 25 << 20
"""GitHub sends no larger payloads (25 MB), and the others are far below."""


def read_delivery(headers: Iterable[tuple[str, str]], body: bytes, hook: Hook, now_s: float) -> Delivery | Refusal:
    """Return what a delivery to a hook says, or why it is refused. `now_s` is the time since the epoch.

    The body is not parsed before its proof is good. Whether its id was seen before is the caller's to ask.
    """
    head = read_head(headers)
    if isinstance(head, Refusal):
        return head
    if head.dialect != hook.dialect:
        return Refusal("dialect", f"This hook is for {hook.dialect}.")
    if len(body) > MOST_BYTES:
        return Refusal("too-large", f"It has more than {MOST_BYTES} bytes.")
    if head.headers.get("content-length", str(len(body))) != str(len(body)):
        return Refusal("truncated", "Its body does not have the length that its headers say.")
    problem = check_proof(head.dialect, head.headers, body, hook.secret, now_s)
    return problem or _proven(head, body, hook)


def _proven(head: Head, body: bytes, hook: Hook) -> Delivery | Refusal:
    try:
        document = parse_json(_json_of(head, body))
    except ValueError:  # also UnicodeDecodeError; the message may quote what was sent
        return Refusal("not-json", "Its body is not JSON, or nested too deep.")
    try:
        event = event_of(head.dialect, head.event, document)
    except Odd as odd:
        return Refusal("shape", f"It does not fit its event: {odd}.")
    if event.repository.lower() != hook.repository.lower() and not (event.kind == "ping" and not event.repository):
        return Refusal("repository", "It speaks of another repository than the one that this hook is for.")
    return Delivery(head.id, hashlib.sha256(body).hexdigest(), event)


def _json_of(head: Head, body: bytes) -> bytes:
    """Return the JSON of a body; GitHub, Gitea and Forgejo can also send it as a form with the field `payload`."""
    kind = head.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded" and head.dialect != "gitlab":
        return parse_qs(body, strict_parsing=True, max_num_fields=4).get(b"payload", [b""])[0]
    return body
