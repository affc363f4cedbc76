"""Fit one signal point: CLs at mu = 1, observed and expected at -2, -1, 0, +1, +2 sigma.

Asymptotic formulae (arXiv:1007.1727) with the test statistic q-tilde; normsys interpolated with code 4, histosys with
code 4p, as in ATL-PHYS-PUB-2019-029. The expected values are for background only with nuisances fitted to the data.
A fit that fails ends with exit code 1 and its reason; no value that is not a finite number is ever written.
"""

from __future__ import annotations

import os

# One core a job; numpy reads these when it is imported, so they come first.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import json
import math
import re
import sys
import warnings
from pathlib import Path
from typing import Any

POINT = re.compile(r"Region(?P<region>[ABC])/sbottom_(?P<sbottom>\d+)_(?P<n2>\d+)_(?P<n1>\d+)")
INTERPOLATION = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
NEGLIGIBLE_SIGNIFICANCE2 = 1e-3
FEW_EVENTS = 3


class FitFailed(Exception):
    """There is no answer for this point; the message says why."""


def parse_point(name: str) -> dict[str, Any]:
    """Return name, region and masses (GeV) of a point."""
    match = POINT.fullmatch(name)
    if match is None:
        raise FitFailed(f"{name!r} is not a name such as RegionA/sbottom_1300_205_60")
    return {
        "name": name,
        "region": match["region"],
        "m_sbottom_gev": int(match["sbottom"]),
        "m_neutralino2_gev": int(match["n2"]),
        "m_neutralino1_gev": int(match["n1"]),
    }


def significance2(signal: list[float], background: list[float]) -> float:
    """Return the sum of s^2/b over bins: what q of the Asimov data set cannot much exceed (no systematics)."""
    return sum(s * s / b if b > 0 else (math.inf if s > 0 else 0.0) for s, b in zip(signal, background))


def checked(cls_obs: float, cls_exp: list[float], sensitivity2: float) -> tuple[float, list[float], list[str]]:
    """Return CLs values and notes; raise FitFailed for anything that is no probability or out of order.

    Where the signal is too small for the fit to tell it from none, q is 0 for data and Asimov data alike and
    CLs = CLsb/CLb is computed as 0/0; the two hypotheses are the same then, and CLs is 1.
    """
    values = [cls_obs, *cls_exp]
    if all(math.isfinite(value) and 0.0 <= value <= 1.0 + 1e-9 for value in values):
        if any(low > high + 1e-9 for low, high in zip(cls_exp, cls_exp[1:])):
            raise FitFailed(f"the expected CLs values are out of order: {cls_exp}")
        return min(cls_obs, 1.0), [min(value, 1.0) for value in cls_exp], []
    if sensitivity2 < NEGLIGIBLE_SIGNIFICANCE2:
        note = f"no sensitivity: the signal is negligible in this region (sum of s^2/b = {sensitivity2:.1e}), CLs is 1"
        return 1.0, [1.0] * 5, [note]
    raise FitFailed(f"CLs is not a number between 0 and 1: observed {cls_obs}, expected {cls_exp}")


def fit(workspace_spec: dict[str, Any], patch: list[dict[str, Any]]) -> dict[str, Any]:
    """Return `cls_obs`, `cls_exp` (five values) and `notes` for mu = 1; raise FitFailed with the reason."""
    import pyhf

    pyhf.set_backend("numpy")
    try:
        workspace = pyhf.Workspace(workspace_spec)
        model = workspace.model(patches=[patch], modifier_settings=INTERPOLATION)
        data = workspace.data(model)
        sensitivity2 = significance2(*expected(model))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # 0/0 of an insensitive region is judged by checked()
            observed, band = pyhf.infer.hypotest(1.0, data, model, test_stat="qtilde", return_expected_set=True)
    except Exception as problem:  # pyhf and jsonpatch raise many kinds; each is the reason of this failure
        raise FitFailed(f"{type(problem).__name__}: {problem}") from problem
    cls_obs, cls_exp, notes = checked(float(observed), [float(value) for value in band], sensitivity2)
    events = signal_region_events(workspace)
    if events < FEW_EVENTS:
        notes.append(f"asymptotics unreliable: {events:g} events observed in the signal region")
    return {"cls_obs": cls_obs, "cls_exp": cls_exp, "notes": notes}


def expected(model: Any) -> tuple[list[float], list[float]]:
    """Return signal (mu = 1 minus mu = 0) and background events per bin, at the nominal nuisance parameters."""
    parameters = list(model.config.suggested_init())
    index = model.config.poi_index
    with_signal, without = ([*parameters[:index], mu, *parameters[index + 1 :]] for mu in (1.0, 0.0))
    background = [float(value) for value in model.expected_actualdata(without)]
    total = [float(value) for value in model.expected_actualdata(with_signal)]
    return [t - b for t, b in zip(total, background)], background


def signal_region_events(workspace: Any) -> float:
    """Return the number of observed events in the channels called SR*."""
    return sum(sum(values) for name, values in workspace.observations.items() if name.startswith("SR"))


def main() -> int:
    """Run the step; 1 if the fit failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--point", required=True)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--patch", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    try:
        point = parse_point(args.point)
        values = fit(json.loads(args.workspace.read_bytes()), json.loads(args.patch.read_bytes()))
    except (FitFailed, ValueError, OSError) as problem:
        print(f"fit of {args.point} failed: {problem}", file=sys.stderr)
        return 1
    args.output.write_text(json.dumps({"point": point, **values}, indent=1, allow_nan=False) + "\n")
    print(f"{args.point}: CLs observed {values['cls_obs']:.4g}, expected {values['cls_exp'][2]:.4g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
