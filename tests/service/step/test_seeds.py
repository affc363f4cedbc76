"""Seeds are found by their names."""

from __future__ import annotations

from recast.service.step.seeds import seed_of


def test_seeds_are_found_by_their_names() -> None:
    assert seed_of({"seed": 1, "randomSeed": [1, 2], "m": 3}) == {"seed": 1, "randomSeed": [1, 2]}
    assert seed_of(None) == seed_of(["seed"]) == {}
