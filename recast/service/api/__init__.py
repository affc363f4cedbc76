"""The HTTP API: one module for each resource."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter

from recast.service.api import analyses, checking, described_api, events, health, problems, requests, runs, tokens
from recast.service.api import uploads as files

__all__ = ["routers"]


def routers() -> Iterator[APIRouter]:
    """Yield the routes of each resource."""
    for module in (health, described_api, problems, analyses, checking, files, requests, events, runs, tokens):
        yield module.router
