"""The likelihood of counts by itself: against scipy's minimiser, against pyhf where both have the same model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analyses.chain import Bundle

AGAINST_SCIPY = """
import json, sys
import counts
import numpy as np
from scipy.optimize import minimize

worst = 0.0
for seed in range(40):
    random = np.random.default_rng(seed)
    size = int(random.integers(1, 8))
    background = 10.0 ** random.uniform(-1.0, 3.0, size)
    root = random.normal(size=(size, size)) * background[:, None] * random.uniform(0.05, 0.6)
    covariance = root @ root.T + np.diag((0.05 * background) ** 2)
    observed = random.poisson(background).astype(float)
    signal = 10.0 ** random.uniform(-2.0, 1.5, size)
    likelihood = counts.Counts.of(observed, background, covariance, signal)
    for mu in (None, 0.0, 1.0, 5.0):
        ours = counts.fit(likelihood, mu)
        assert (ours.expected >= 0.0).all() and ours.mu >= 0.0
        lowest = np.where(observed > 0.0, 1e-9, 0.0)
        bounds = [*((low, None) for low in lowest), (0.0, None) if mu is None else (mu, mu)]
        start = np.append(np.maximum(background, 0.1), 1.0 if mu is None else mu)
        theirs = minimize(
            lambda x: counts.objective(likelihood, x[-1], x[:-1]), start, bounds=bounds, method="L-BFGS-B",
            jac=lambda x: counts.derivatives(likelihood, x[-1], x[:-1])[0], options={"maxiter": 20000, "ftol": 1e-15},
        )
        worst = max(worst, ours.value - float(theirs.fun))
print(json.dumps(worst))
"""

AGAINST_PYHF = """
import json, sys
import asymptotics, counts
import numpy as np
import pyhf

pairs = []
for observed, background, error, signal in ((10, 9.0, 2.0, 5.0), (3, 6.0, 1.0, 4.0), (120, 100.0, 8.0, 30.0)):
    seen, known = np.array([float(observed)]), np.array([background])
    likelihood = counts.Counts.of(seen, known, np.array([[error**2]]), np.array([signal]))
    ours = asymptotics.answer(counts.CountsProfile(likelihood), with_upper_limits=False)
    sides = {"hi_data": [background + error], "lo_data": [background - error]}
    shift = {"name": "shift", "type": "histosys", "data": sides}
    samples = [
        {"name": "signal", "data": [signal], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]},
        {"name": "background", "data": [background], "modifiers": [shift]},
    ]
    spec, linear = {"channels": [{"name": "one", "samples": samples}]}, {"histosys": {"interpcode": "code0"}}
    model = pyhf.Model(spec, poi_name="mu", modifier_settings=linear)
    data = [observed, *model.config.auxdata]
    theirs = pyhf.infer.hypotest(1.0, data, model, test_stat="qtilde", return_expected_set=True)
    pairs.append([[ours["cls_obs"], *ours["cls_exp"]], [float(theirs[0]), *map(float, theirs[1])]])
print(json.dumps(pairs))
"""

NONE_SEEN = """
import json
import asymptotics, counts
import numpy as np

likelihood = counts.Counts.of(np.zeros(1), np.array([2.6]), np.array([[5.8]]), np.array([1.0]))
print(json.dumps(asymptotics.answer(counts.CountsProfile(likelihood), with_upper_limits=True)))
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle.of("cms-sus-20-004", tmp_path)


def run(bundle: Bundle, program: str) -> object:
    (bundle.files / "scripts/program.py").write_text(program)
    answer = bundle.script("program")
    assert answer.code == 0, answer.err
    return answer.json


def test_no_other_minimiser_finds_a_lower_value(bundle: Bundle) -> None:
    assert isinstance(worst := run(bundle, AGAINST_SCIPY), float)
    assert worst < 1e-6


def test_one_bin_is_that_of_pyhf(bundle: Bundle) -> None:
    pairs = run(bundle, AGAINST_PYHF)
    assert isinstance(pairs, list)
    for ours, theirs in pairs:
        assert ours == pytest.approx(theirs, rel=2e-3)


def test_nothing_observed_over_a_large_uncertainty_still_gives_a_limit(bundle: Bundle) -> None:
    """The best background is 0, at the bound; without any background the asymptotic limit would be 1.92 events."""
    found = run(bundle, NONE_SEEN)
    assert isinstance(found, dict)
    assert 1.92 < found["mu_ul_obs"] < 4.0
