"""Turn a registry's HTTP status into an error."""

from __future__ import annotations

from collections.abc import Mapping

from recast.errors import ImageError, NotFound, PermissionDenied, RecastError
from recast.registry.name import DOCKER_HUB, Target
from recast.remote.answers import odd_answer, rate_limited
from recast.remote.hosts import shown
from recast.strictjson import parse_json

__all__ = ["problem_of", "said_by"]

_MOST_WORDS = 300


def problem_of(
    status: int, headers: Mapping[str, str], body: bytes, url: str, asked: Target, standing: str
) -> RecastError:
    """Return the error for an unexpected status of the contacted host; `standing` describes our credentials there."""
    said = said_by(body)
    if status == 429:
        return rate_limited(headers, url, _limit_hint(headers, asked))
    if status in (401, 403):
        return _denied(status, said, url, asked, standing)
    if status == 404:
        return NotFound(
            f"The registry {asked.host} has no such image, tag or blob",
            where=shown(url),
            why=f"It answers 404{said}.",
            next_step=f"Check the spelling; see what is there: recast image tags {asked.name}",
            code="not-found.registry",
        )
    if status in (405, 413, 400, 416, 409):
        return ImageError(
            f"The registry {asked.host} refuses",
            where=shown(url),
            why=f"It answers {status}{said}.",
            next_step="Ask its owner whether it may be written to, and how large a blob may be.",
            code="registry.refused",
        )
    return odd_answer(status, url, said)


def said_by(body: bytes) -> str:
    """Return the message in a registry's error response, as ` (CODE: message)`; empty if there is none."""
    try:
        errors = parse_json(body)["errors"]
        words = "; ".join(f"{item.get('code', '')}: {item.get('message', '')}" for item in errors[:3])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return f" ({words[:_MOST_WORDS]})" if words else ""


def _denied(status: int, said: str, url: str, asked: Target, standing: str) -> PermissionDenied:
    return PermissionDenied(
        f"The registry {asked.host} does not let us in",
        where=shown(url),
        why=f"It answers {status}{said}: {standing}; a repository that does not exist may look the same.",
        next_step=f"podman login {asked.host}   (or skopeo login, docker login: their files are read)",
        code="permission.registry",
    )


def _limit_hint(headers: Mapping[str, str], target: Target) -> str:
    limit = headers.get("ratelimit-limit", "").partition(";")[0]
    amount = f" ({limit} images in its time)" if limit.isdecimal() else ""
    sign_in = f"{amount}; signed in, one may have more: podman login {target.host}"
    return sign_in + ("; or name a mirror in RECAST_REGISTRY_MIRRORS" if target.host == DOCKER_HUB else "")
