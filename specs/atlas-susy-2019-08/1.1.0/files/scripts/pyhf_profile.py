"""The profile likelihood of a pyhf model, with interpolation as for the published numbers (code 4 and 4p).

A fit that does not converge raises FitFailed with its reason.
The same file lies in every bundle that fits with pyhf (a test compares them).
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from asymptotics import FitFailed, check  # before numpy: it says how numpy shall compute

import numpy as np
import pyhf
from pyhf.infer import calculators, mle

__all__ = ["INTERPOLATION", "PyhfProfile", "toy_cls"]

INTERPOLATION = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}


class PyhfProfile:
    """The profile likelihood of a model with data; fits that do not depend on mu are made once.

    Raises FitFailed where a fit does not converge.
    """

    def __init__(self, model: Any, data: list[float]) -> None:
        pyhf.set_backend("numpy")
        self._model, self._data = model, data
        config = model.config
        self._start = config.suggested_init(), config.suggested_bounds(), config.suggested_fixed()
        with self._failing("background-only fit"):
            self._asimov, truth = calculators.generate_asimov_data(
                0.0, data, model, *self._start, return_fitted_pars=True
            )
            # Asimov data were made with `truth` and mu = 0, so that is where their likelihood is largest.
            self._best_asimov = float(mle.twice_nll(truth, self._asimov, model).item())
        with self._failing("free fit"):
            fitted, value = mle.fit(data, model, *self._start, return_fitted_val=True)
            self.mu_hat, self._best = float(fitted[config.poi_index]), float(value)
        self._known: dict[float, tuple[float, float]] = {}

    def roots_of_q(self, mu: float) -> tuple[float, float]:
        """Return sqrt(q-tilde) of the data and of the background-only Asimov data for a signal strength mu > 0."""
        if mu not in self._known:
            with self._failing(f"fit at mu = {mu:g}"):
                bounds = self._bounds(mu)
                start, _, fixed = self._start
                observed, asimov = (
                    float(mle.fixed_poi_fit(mu, data, self._model, start, bounds, fixed, return_fitted_val=True)[1])
                    for data in (self._data, self._asimov)
                )
            q = 0.0 if self.mu_hat > mu else max(observed - self._best, 0.0)
            self._known[mu] = math.sqrt(q), math.sqrt(max(asimov - self._best_asimov, 0.0))
        return self._known[mu]

    def _bounds(self, mu: float) -> list[tuple[float, float]]:
        """Return the bounds of the parameters, wide enough for mu (SLSQP would clip it to them in silence)."""
        bounds = list(self._start[1])
        low, high = bounds[self._model.config.poi_index]
        bounds[self._model.config.poi_index] = (low, max(high, 2.0 * mu))
        return bounds

    @staticmethod
    def _failing(what: str) -> Any:
        return _Failing(what)


class _Failing:
    """Turn what pyhf raises into FitFailed, and keep numpy's warnings from the log: results are checked instead."""

    def __init__(self, what: str) -> None:
        self._what, self._quiet = what, warnings.catch_warnings()

    def __enter__(self) -> None:
        self._quiet.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(self, kind: Any, problem: BaseException | None, trace: Any) -> None:
        self._quiet.__exit__(kind, problem, trace)
        if isinstance(problem, Exception):
            reason = str(problem).strip().split("\n")[0]
            raise FitFailed(f"the {self._what} failed: {type(problem).__name__}: {reason}") from problem


def toy_cls(model: Any, data: list[float], toys: int, seed: int) -> tuple[float, list[float]]:
    """Return CLs observed and expected from `toys` pseudo-experiments for each of signal and background only."""
    pyhf.set_backend("numpy")
    np.random.seed(seed)  # pyhf draws from the global generator
    with _Failing("toy experiments"):
        observed, expected = pyhf.infer.hypotest(
            1.0, data, model, test_stat="qtilde", calctype="toybased", ntoys=toys, track_progress=False,
            return_expected_set=True,
        )  # fmt: skip
    bands = [float(value) for value in expected]
    return check(float(observed), bands)
