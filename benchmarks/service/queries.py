"""What visitors ask: 500 queries, of which a few are asked all the time (Zipf), and records of all kinds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from urllib.parse import urlencode

from benchmarks.service.catalogue import COLLABORATIONS, words
from benchmarks.service.client import Load, poisson

__all__ = ["QUERIES", "load", "queries", "search_path"]

QUERIES = 500
_SEARCHES = 0.4
_RATE, _SECONDS = 40.0, 60.0


def queries(seed: int = 3) -> list[dict[str, str]]:
    """Return different queries: words, facets, or both."""
    draw, found = random.Random(seed), dict[str, dict[str, str]]()
    while len(found) < QUERIES:
        query = {}
        if draw.random() < 0.7:
            query["q"] = words(draw, draw.randint(1, 3))
        if draw.random() < 0.5:
            query["collaboration"] = draw.choice(COLLABORATIONS)
        if draw.random() < 0.3:
            query["final_state"] = f"{draw.choice(['0', '1', '2', '3+'])} {draw.choice(['leptons', 'jets', 'b-jets'])}"
        found[urlencode(query)] = query
    return list(found.values())


def search_path(query: dict[str, str]) -> str:
    """Return our path for a query."""
    return f"/api/v1/analyses?{urlencode({**query, 'limit': '25'})}"


def load(analyses: Sequence[str], requests: Sequence[str], seconds: float = _SECONDS, seed: int = 4) -> list[Load]:
    """Return a minute of visitors."""
    draw, asked = random.Random(seed), queries()
    weights = [1 / (rank + 1) for rank in range(len(asked))]

    def record() -> str:
        kind = draw.random()
        if kind < 0.45:
            return f"/api/v1/analyses/{draw.choice(analyses)}"
        return f"/api/v1/requests/{draw.choice(requests)}" if kind < 0.9 else "/api/v1/requests?limit=25"

    found = []
    for at in poisson(draw, _RATE, seconds):
        if draw.random() < _SEARCHES:
            found.append(Load(at, "search", search_path(draw.choices(asked, weights)[0])))
        else:
            found.append(Load(at, "record", record()))
    return found
