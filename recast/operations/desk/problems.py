"""A refusal of the service (RFC 9457) as the error that it was there: with its code, why and next step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recast.desk.refusals import MovedOn, Refused
from recast.errors import (
    CredentialsProblem,
    InfrastructureError,
    InputError,
    NetworkError,
    NotFound,
    PermissionDenied,
    RecastError,
)
from recast.masked import masked, masked_url
from recast.remote.answers import odd_answer, rate_limited
from recast.strictjson import parse_json
from recast.terminal_safe import one_line

__all__ = ["problem_of"]

_CLASSES: dict[int, type[RecastError]] = {
    400: InputError,
    401: CredentialsProblem,
    403: PermissionDenied,
    404: NotFound,
    409: MovedOn,
    412: MovedOn,
    413: InputError,
    415: InputError,
    422: InputError,
    428: InputError,
    503: InfrastructureError,
}
_LONGEST = 20_000
_LARGEST = 16 << 20
"""The largest refusal: more than all faults of 2,000 points that are told."""

_CODE = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,58}[a-z0-9])?")
"""What an error's code looks like; anything else is none, and is not shown as one."""


def problem_of(status: int, headers: Mapping[str, str], said: bytes, url: str) -> RecastError:
    """Return the error for an answer that is no success; what a service says is shown, but never trusted."""
    document = _document(said) if "json" in headers.get("content-type", "") else {}
    if status == 429:
        return rate_limited(headers, url, "")
    if not _CODE.fullmatch(document.get("code", "")):
        return _unexplained(status, headers, url)
    kind = Refused if document["code"] == Refused.code else _CLASSES.get(status, NetworkError)
    next_step = document["next"] or ("recast login URL" if status == 401 else "")
    return kind(
        document["title"] or document["detail"] or f"The service answers {status}",
        where=document["where"],
        why=document["why"] or (document["detail"] if document["detail"] != document["title"] else ""),
        next_step=next_step,
        code=document["code"],
    )


def _document(said: bytes) -> dict[str, str]:
    try:
        found: Any = parse_json(said) if len(said) <= _LARGEST else None
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    texts = {key: found.get(key) for key in ("title", "detail", "code", "why", "where", "next")}
    return {key: masked(it[: 2 * _LONGEST])[:_LONGEST] if isinstance(it, str) else "" for key, it in texts.items()}


def _unexplained(status: int, headers: Mapping[str, str], url: str) -> RecastError:
    """Return the error for an answer of something else: a proxy, another program at that address."""
    if 300 <= status < 400:
        return NetworkError(
            "The address leads elsewhere",
            where=masked_url(url),
            why=f"It answers {status}: {one_line(masked(headers.get('location', 'nothing')))[:200]}",
            next_step="Give the address at which the service really is: --server URL",
        )
    if status == 404:
        return NotFound(
            "There is no service of RECAST at this address", where=masked_url(url), next_step="--server URL"
        )
    return odd_answer(status, url)
