"""Probabilities in plain Python are those of scipy, to 1e-10."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recast.ci.compare import Bin, numerics
from recast.ci.compare.judging.chisquared import ks

CLOSE = 1e-10
FAST = settings(max_examples=200)
PROBABILITY = st.floats(1e-6, 1.0 - 1e-6)


@st.composite
def trials(draw: st.DrawFn) -> tuple[int, int, float]:
    total = draw(st.integers(1, 3000))
    return draw(st.integers(0, total)), total, draw(PROBABILITY)


@FAST
@given(z=st.floats(-30.0, 30.0))
def test_normal(scipy_says, z: float) -> None:
    assert numerics.normal_sf(z) == pytest.approx(scipy_says("normal_sf", z), rel=CLOSE, abs=0.0)
    assert numerics.two_sided(z) == pytest.approx(scipy_says("two_sided", z), rel=CLOSE, abs=0.0)


@FAST
@given(p=st.one_of(PROBABILITY, st.floats(1e-200, 1e-6)))
def test_normal_quantile(scipy_says, p: float) -> None:
    assert numerics.normal_isf(p) == pytest.approx(scipy_says("normal_isf", p), rel=CLOSE, abs=CLOSE)


@FAST
@given(chi2=st.floats(0.0, 2000.0), ndf=st.integers(1, 600))
def test_chi_squared(scipy_says, chi2: float, ndf: int) -> None:
    ours = numerics.chi2_sf(chi2, ndf)
    assert ours == pytest.approx(scipy_says("chi2_sf", chi2, ndf), rel=1e-9, abs=1e-290)
    assert abs(ours - scipy_says("chi2_sf", chi2, ndf)) < CLOSE


@FAST
@given(chi2=st.floats(0.0, 60.0), ndf=st.integers(1, 40))
def test_chi_squared_of_usual_size(scipy_says, chi2: float, ndf: int) -> None:
    assert numerics.chi2_sf(chi2, ndf) == pytest.approx(scipy_says("chi2_sf", chi2, ndf), rel=CLOSE)


@FAST
@given(a=st.floats(0.5, 500.0), x=st.floats(0.0, 1000.0))
def test_incomplete_gamma(scipy_says, a: float, x: float) -> None:
    assert abs(numerics.gamma_p(a, x) - scipy_says("gamma_p", a, x)) < CLOSE
    assert abs(numerics.gamma_q(a, x) - scipy_says("gamma_q", a, x)) < CLOSE


@FAST
@given(p=st.floats(1e-12, 1.0 - 1e-9), ndf=st.integers(1, 100))
def test_chi_squared_quantile(scipy_says, p: float, ndf: int) -> None:
    assert numerics.chi2_isf(p, ndf) == pytest.approx(scipy_says("chi2_isf", p, ndf), rel=1e-8, abs=1e-8)


@FAST
@given(case=trials())
def test_binomial(scipy_says, case: tuple[int, int, float]) -> None:
    for name in ("binomial_pmf", "binomial_cdf", "binomial_sf", "binomial_test"):
        assert abs(getattr(numerics, name)(*case) - scipy_says(name, *case)) < CLOSE, name


@FAST
@given(before=st.integers(0, 40), after=st.integers(0, 40), share=st.floats(0.05, 0.95))
def test_few_events(scipy_says, before: int, after: int, share: float) -> None:
    if before + after == 0:
        assert numerics.binomial_test(0, 0, share) == 1.0
        return
    ours = numerics.binomial_test(after, before + after, share)
    assert ours == pytest.approx(scipy_says("binomial_test", after, before + after, share), rel=CLOSE)


@pytest.mark.parametrize("n", [10**5, 10**7])
def test_binomial_of_many(scipy_says, n: int) -> None:
    for k in (0, 1, 20, n // 10, n // 2, n - 1, n):
        for p in (20.0 / n, 0.1, 0.5):
            case = (k, n, p)
            assert numerics.binomial_pmf(*case) == pytest.approx(
                scipy_says("binomial_pmf", *case), rel=1e-8, abs=1e-300
            )
            assert abs(numerics.binomial_test(*case) - scipy_says("binomial_test", *case)) < CLOSE


@FAST
@given(x=st.floats(0.0, 6.0))
def test_kolmogorov(scipy_says, x: float) -> None:
    assert abs(numerics.kolmogorov_sf(x) - scipy_says("kolmogorov_sf", x)) < CLOSE


@FAST
@example(chi2=1.0, ndf=1, more=1e-9)
@given(chi2=st.floats(0.0, 300.0), ndf=st.integers(1, 60), more=st.floats(0.0, 400.0))
def test_noncentral_chi_squared(scipy_says, chi2: float, ndf: int, more: float) -> None:
    assert abs(numerics.ncx2_cdf(chi2, ndf, more) - scipy_says("ncx2_cdf", chi2, ndf, more)) < CLOSE


@FAST
@given(values=st.lists(st.floats(0.0, 1.0), max_size=40))
def test_holm(scipy_says, values: list[float]) -> None:
    found = numerics.holm(values)
    assert found == pytest.approx(scipy_says("holm", values) if values else [], abs=CLOSE)
    order = sorted(range(len(values)), key=values.__getitem__)
    assert [found[i] for i in order] == sorted(found)  # it never changes the order
    assert all(ours >= value for ours, value in zip(found, values, strict=True))


def test_holm_by_hand() -> None:
    assert numerics.holm([]) == []
    assert numerics.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert numerics.holm([0.0, 0.0]) == [0.0, 0.0]


def test_limits_of_their_range() -> None:
    assert numerics.chi2_sf(0.0, 5) == 1.0
    assert numerics.chi2_sf(math.inf, 5) == 0.0
    assert numerics.chi2_sf(1e6, 3) == 0.0  # an underflow is a very small probability, not "not applicable"
    assert numerics.chi2_sf(3.0, 0) == 1.0
    assert numerics.binomial_test(0, 0, 0.5) == 1.0


@given(ndf=st.integers(1, 30), alpha=st.floats(1e-6, 0.2))
@settings(max_examples=30)
def test_what_is_seen_is_seen_with_that_power(scipy_says, ndf: int, alpha: float) -> None:
    seen = numerics.noncentrality_seen(ndf, alpha, 0.95)
    critical = scipy_says("chi2_isf", alpha, ndf)
    assert scipy_says("ncx2_cdf", critical, ndf, seen) == pytest.approx(0.05, abs=1e-4)


@settings(max_examples=60)
@given(pairs=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=8))
def test_the_distance_of_two_histograms(scipy_says, pairs: list[tuple[int, int]]) -> None:
    sides = [[Bin(str(i), float(n), None, n) for i, n in enumerate(side)] for side in zip(*pairs, strict=True)]
    values = [[i for i, n in enumerate(side) for _ in range(n)] for side in zip(*pairs, strict=True)]
    distance, probability = ks(*sides)
    if not all(values):
        assert distance is None
        return
    assert distance == pytest.approx(scipy_says("ks_2samp", *values), abs=CLOSE)
    sizes = [len(it) for it in values]
    scaled = distance * math.sqrt(sizes[0] * sizes[1] / sum(sizes))
    assert probability == pytest.approx(scipy_says("kolmogorov_sf", scaled), abs=CLOSE)
