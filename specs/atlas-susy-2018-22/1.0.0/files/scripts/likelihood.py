"""Likelihoods and limits: a background workspace, a signal per channel, CLs and upper limits on the signal strength.

Asymptotic formulae (arXiv:1007.1727) with the test statistic q-tilde, CLs (A. Read, J. Phys. G 28 (2002) 2693).
Expected values: background only, with nuisances fitted to the data. The signal carries one uncertainty, luminosity
and Monte Carlo statistics in quadrature. Needs pyhf.
"""

from __future__ import annotations

import os

# numpy reads these when it is imported. One core a job: the executor runs jobs beside each other.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

__all__ = [
    "ALPHA",
    "Answer",
    "FitFailed",
    "Signal",
    "answer",
    "cls_values",
    "limits_of",
    "single_bin",
    "toy_cls",
    "with_signal",
]

ALPHA = 0.05
LUMINOSITY_UNCERTAINTY = 0.017  # of 139/fb, arXiv:2010.14293
HIGHEST_SCALED_MU = 60.0  # CLs there is far below 1e-6
FEW_EVENTS = 3
BAND = 5


class FitFailed(Exception):
    """There is no answer; the message says why."""


class Signal(NamedTuple):
    """Expected signal events per channel at mu = 1, and the relative Monte Carlo error of their sum."""

    events: Mapping[str, float]
    relative_error: float = 0.0


class Answer(NamedTuple):
    """CLs at mu = 1 and upper limits on mu: observed, and expected at -2, -1, 0, +1, +2 sigma."""

    cls_obs: float
    cls_exp: list[float]
    mu_ul_obs: float
    mu_ul_exp: list[float]


def single_bin(name: str, observed: float, background: float, error: float) -> dict[str, Any]:
    """Return the workspace of one counting experiment with a Gaussian uncertainty of the background."""
    shape = {"hi_data": [background + error], "lo_data": [max(background - error, 1e-6)]}
    modifier = {"name": "totalError", "type": "histosys", "data": shape}
    return {
        "channels": [{"name": name, "samples": [{"name": "Bkg", "data": [background], "modifiers": [modifier]}]}],
        "observations": [{"name": name, "data": [observed]}],
        "measurements": [{"name": "Measurement", "config": {"poi": "mu_SIG", "parameters": []}}],
        "version": "1.0.0",
    }


def with_signal(workspace: Mapping[str, Any], signal: Signal) -> list[dict[str, Any]]:
    """Return the JSON patch that adds the signal to each channel; raise FitFailed for channels that do not match."""
    channels = [channel["name"] for channel in workspace["channels"]]
    if sorted(channels) != sorted(signal.events):
        wrong = sorted(set(channels) ^ set(signal.events))
        raise FitFailed(f"the channels of signal and background differ: {', '.join(wrong)}")
    error = math.hypot(LUMINOSITY_UNCERTAINTY, signal.relative_error)
    modifiers = [
        {"name": "mu_SIG", "type": "normfactor", "data": None},
        {"name": "signal_error", "type": "normsys", "data": {"hi": 1.0 + error, "lo": 1.0 / (1.0 + error)}},
    ]
    return [
        {
            "op": "add",
            "path": f"/channels/{index}/samples/-",
            "value": {"name": "Signal", "data": [signal.events[name]], "modifiers": modifiers},
        }
        for index, name in enumerate(channels)
    ]


def answer(workspace: Mapping[str, Any], signal: Signal) -> Answer:
    """Return CLs and limits; raise FitFailed with the reason if the signal is nothing or a fit does not converge."""
    scale = _unit_of_signal(workspace, signal)
    scaled = Signal({name: value * scale for name, value in signal.events.items()}, signal.relative_error)
    cls = _cls_function(workspace, scaled)
    at_one = cls(min(1.0 / scale, HIGHEST_SCALED_MU))
    limits = limits_of(cls)
    return Answer(at_one[0], at_one[1:], limits[0] * scale, [limit * scale for limit in limits[1:]])


def limits_of(cls: Callable[[float], list[float]]) -> list[float]:
    """Return where each of the six CLs curves (observed, five expected) falls below 0.05; raise FitFailed.

    Each evaluation serves all curves: the next one begins between the two nearest values of mu that are known.
    """
    from scipy.optimize import brentq

    known: dict[float, list[float]] = {}

    def distance(log_mu: float, index: int) -> float:
        if log_mu not in known:
            known[log_mu] = cls(math.exp(log_mu))
        return math.log(max(known[log_mu][index], 1e-12) / ALPHA)

    limits = []
    for index in range(1 + BAND):
        low, high = _bracket(distance, known, index)
        limits.append(math.exp(brentq(distance, low, high, args=(index,), xtol=3e-3)))
    return limits


def _bracket(
    distance: Callable[[float, int], float], known: Mapping[float, list[float]], index: int
) -> tuple[float, float]:
    """Return two values of log mu between which a curve crosses; raise FitFailed if it does not."""
    lowest, highest = -12.0, math.log(HIGHEST_SCALED_MU)
    for start in (0.0, 1.0):
        distance(start, index)
    while (low := max((x for x in known if distance(x, index) >= 0.0), default=None)) is None:
        if min(known) < lowest:
            raise FitFailed("CLs is below 0.05 even for a vanishing signal")
        distance(min(known) - 1.0, index)
    while (high := min((x for x in known if x > low and distance(x, index) < 0.0), default=None)) is None:
        if max(known) > highest:
            raise FitFailed("CLs stays above 0.05 for any signal that was tried")
        distance(max(known) + 1.0, index)
        low = max(x for x in known if distance(x, index) >= 0.0)
    return low, high


def _unit_of_signal(workspace: Mapping[str, Any], signal: Signal) -> float:
    """Return the factor that makes the signal about one standard deviation, so that fits see numbers near 1."""
    squares = 0.0
    for channel in workspace["channels"]:
        expected = signal.events.get(channel["name"], 0.0)
        background = sum(sample["data"][0] for sample in channel["samples"])
        squares += expected**2 / (background + 1.0)
    if squares <= 0.0:
        raise FitFailed("the signal is nothing in every channel")
    return 1.0 / math.sqrt(squares)


def toy_cls(workspace: Mapping[str, Any], signal: Signal, number: int, seed: int) -> list[float]:
    """Return CLs observed and five expected at mu = 1 from pseudo-experiments, `number` a hypothesis; raise FitFailed.

    For few events, where the asymptotic formulae are not to be trusted. The same seed gives the same answer.
    """
    import numpy as np
    import pyhf

    np.random.seed(seed)
    model, data, bounds = _model_of(workspace, signal)
    bounds[model.config.poi_index] = (0.0, 10.0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # steps of the minimiser out of the range are judged below
            observed, band = pyhf.infer.hypotest(
                1.0, data, model, calctype="toybased", ntoys=number, track_progress=False,
                test_stat="qtilde", return_expected_set=True, par_bounds=bounds,
            )  # fmt: skip
    except Exception as problem:
        raise FitFailed(f"the fit of a pseudo-experiment did not converge: {problem}") from problem
    values = [float(observed), *map(float, band)]
    if not all(math.isfinite(value) for value in values):
        raise FitFailed(f"{number} pseudo-experiments a hypothesis are too few for CLs: {values}")
    return [min(max(value, 0.0), 1.0) for value in values]


def _model_of(workspace: Mapping[str, Any], signal: Signal) -> tuple[Any, Any, Any]:
    """Return pyhf's model with the signal, the data, and the bounds of the parameters; raise FitFailed."""
    import pyhf

    pyhf.set_backend("numpy")
    settings = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
    try:
        whole = pyhf.Workspace(workspace)
        model = whole.model(patches=[with_signal(workspace, signal)], modifier_settings=settings)
        return model, whole.data(model), model.config.suggested_bounds()
    except Exception as problem:  # pyhf and jsonpatch raise many kinds; each is the reason of this failure
        raise FitFailed(f"{type(problem).__name__}: {problem}") from problem


def _cls_function(workspace: Mapping[str, Any], signal: Signal) -> Callable[[float], list[float]]:
    """Return mu -> [CLs observed, five expected]; it raises FitFailed."""
    model, data, bounds = _model_of(workspace, signal)
    bounds[model.config.poi_index] = (0.0, 3.0 * HIGHEST_SCALED_MU)
    try:
        return _Fits(model, data, bounds).cls
    except Exception as problem:
        raise FitFailed(f"the fit without signal did not converge: {problem}") from problem


class _Fits:
    """The fits of one model to the data and to the Asimov data of background only; those without mu are made once."""

    def __init__(self, model: Any, data: Any, bounds: Any) -> None:
        from pyhf.infer import mle
        from pyhf.infer.calculators import generate_asimov_data

        start, fixed = model.config.suggested_init(), model.config.suggested_fixed()
        self._mle, self._model, self._options = mle, model, (start, bounds, fixed)
        self._data = data
        best, self._best = mle.fit(data, model, *self._options, return_fitted_val=True)
        self._mu_hat = float(best[model.config.poi_index])
        self._asimov, truth = generate_asimov_data(0.0, data, model, *self._options, return_fitted_pars=True)
        self._truth = float(mle.twice_nll(truth, self._asimov, model)[0])

    def _rise(self, mu: float, data: Any, best: Any) -> float:
        _, value = self._mle.fixed_poi_fit(mu, data, self._model, *self._options, return_fitted_val=True)
        return max(float(value) - float(best), 0.0)

    def cls(self, mu: float) -> list[float]:
        """Return CLs observed and the five expected (arXiv:1007.1727, eqs. 65, 66, 89); raise FitFailed."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # steps of the minimiser out of the range are judged below
                observed = self._rise(mu, self._data, self._best) if mu >= self._mu_hat else 0.0
                asimov = self._rise(mu, self._asimov, self._truth)
        except Exception as problem:  # a minimiser that does not converge raises FailedMinimization
            raise FitFailed(f"the fit at mu = {mu:.4g} (scaled) did not converge: {problem}") from problem
        if not (math.isfinite(observed) and math.isfinite(asimov)):
            raise FitFailed(f"the likelihood at mu = {mu:.4g} (scaled) is no number")
        return cls_values(observed, asimov)


def cls_values(q_observed: float, q_asimov: float) -> list[float]:
    """Return CLs observed and expected at -2 to +2 sigma from q-tilde of the data and of the Asimov data."""
    root, sigma = math.sqrt(q_observed), math.sqrt(q_asimov)
    if sigma == 0.0:
        return [1.0] * (1 + BAND)
    if root <= sigma:
        with_signal_p, background_p = _tail(root), _tail(root - sigma)
    else:
        with_signal_p = _tail((q_observed + q_asimov) / (2.0 * sigma))
        background_p = _tail((q_observed - q_asimov) / (2.0 * sigma))
    expected = [_tail(sigma - number) / _tail(-number) for number in (-2, -1, 0, 1, 2)]
    return [min(value, 1.0) for value in (with_signal_p / background_p if background_p else 0.0, *expected)]


def _tail(x: float) -> float:
    """Return the probability of a standard Gaussian above x."""
    return 0.5 * math.erfc(x / math.sqrt(2.0))
