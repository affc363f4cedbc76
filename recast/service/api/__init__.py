"""The HTTP API: one module for each resource."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter

from recast.service.api import (
    analyses,
    answers,
    cards,
    checking,
    described_api,
    events,
    health,
    known,
    links,
    moderation,
    operators,
    outcomes,
    people,
    problems,
    requests,
    runs,
    tokens,
    uploads,
    watches,
)

__all__ = ["routers"]

_MODULES = (
    health,
    described_api,
    problems,
    analyses,
    cards,
    watches,
    known,
    checking,
    uploads,
    answers,
    requests,
    events,
    outcomes,
    links,
    runs,
    tokens,
    people,
    moderation,
    operators,
)


def routers() -> Iterator[APIRouter]:
    """Yield the routes of each resource."""
    for module in _MODULES:
        yield module.router
