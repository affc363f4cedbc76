"""The HTTP API: one module for each resource."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter

from recast.service.api import analyses, checking, described_api, events, health, problems, requests, runs, tokens
from recast.service.api import uploads as files
from recast.service.routes import API

__all__ = ["routers"]


def routers() -> Iterator[tuple[str, APIRouter]]:
    """Yield each resource with the prefix of its paths."""
    yield "", health.router
    for module in (described_api, problems, analyses, checking, files, requests, events, runs, tokens):
        yield API, module.router
