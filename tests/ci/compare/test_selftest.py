"""`recast ci selftest`: the promises are kept, the same seed gives the same toys, a broken promise is exit 1."""

from __future__ import annotations

import random
import statistics
from dataclasses import replace

import pytest

from recast.ci.compare import selftest
from recast.ci.compare.toys.dice import poisson, weighted


def test_promises_are_kept() -> None:
    found = selftest(150, 11)
    assert found.ok, found
    assert (found.toys, found.at_tolerance) == (150, 750)
    assert found.visible > 100


def test_the_same_seed_gives_the_same_toys() -> None:
    assert selftest(3, 5) == selftest(3, 5) != selftest(3, 6)


def test_each_promise_counts() -> None:
    found = selftest(5, 1)
    assert not replace(found, false_alarms=1).ok
    assert not replace(found, found=found.visible // 2).ok
    assert not replace(found, mistaken=20).ok
    assert not replace(found, visible=0, found=0).ok


@pytest.mark.parametrize("mean", [0.5, 8.0, 12.5, 90.0, 5000.0])
def test_poisson_numbers(mean: float) -> None:
    dice = random.Random(3)
    thrown = [poisson(dice, mean) for _ in range(4000)]
    assert statistics.fmean(thrown) == pytest.approx(mean, abs=4.0 * (mean / 4000) ** 0.5)
    assert statistics.variance(thrown) == pytest.approx(mean, rel=0.15)


def test_weighted_sums_know_their_error() -> None:
    dice = random.Random(4)
    thrown = [weighted(dice, 200.0) for _ in range(3000)]
    spread = statistics.stdev(total for total, _, _ in thrown)
    assert statistics.fmean(error for _, error, _ in thrown) == pytest.approx(spread, rel=0.08)


def test_command(recast) -> None:
    # Of twenty families, one of a hundred that raise a false alarm is too many: a seed without one.
    said = recast("ci", "selftest", "--toys", "20", "--seed", "2", "-o", "json")
    assert (said.code, said.json["toys"], said.json["seed"], said.json["ok"]) == (0, 20, 2, True)
    table = recast("ci", "selftest", "--toys", "4", "--seed", "2")
    assert "families with a false alarm" in table.out and table.code in (0, 1)
    assert recast("ci", "selftest", "--toys", "0").code == 2
