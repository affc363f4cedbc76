"""Fit one signal point: CLs at mu = 1, observed and expected at -2, -1, 0, +1, +2 sigma.

Asymptotic formulae (arXiv:1007.1727) with the test statistic q-tilde; normsys interpolated with code 4, histosys with
code 4p, as in ATL-PHYS-PUB-2019-029. The expected values are for background only with nuisances fitted to the data.
If asked for, upper limits on mu and on the cross section are found on the same likelihood (twenty more fits).
A fit that fails ends with exit code 1 and its reason; no value that is not a finite number is ever written.
"""

from __future__ import annotations

import os
from pathlib import Path

# numpy reads these when it is imported, so they come first. One core a job; and one kind of arithmetic on all nodes
# with AVX2, because OpenBLAS would choose by the processor and move CLs by 1e-6.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
cpuinfo = Path("/proc/cpuinfo")
if cpuinfo.is_file() and " avx2 " in cpuinfo.read_text(encoding="ascii", errors="replace"):
    os.environ["OPENBLAS_CORETYPE"] = "Haswell"

import argparse
import json
import math
import re
import sys
import warnings
from typing import Any

OWN = re.compile(r"Region(?P<region>[ABC])/own-[A-Za-z0-9_-]+")
POINT = re.compile(r"Region(?P<region>[ABC])/sbottom_(?P<sbottom>\d+)_(?P<n2>\d+)_(?P<n1>\d+)")
SBOTTOM = re.compile(r"sbottom_(\d+)_")
LUMINOSITY_INV_FB = 139.0
NO_LIMITS: dict[str, Any] = {"mu_ul_obs": None, "mu_ul_exp": None, "notes": []}
INTERPOLATION = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
INDISTINGUISHABLE_Q = 1e-5  # moves CLs by less than 0.003
FEW_EVENTS = 3
EVENTS_ONLY = "no cross section was given: the verdict is on as many events as were handed in, and none is in fb"


class FitFailed(Exception):
    """There is no answer for this point; the message says why."""


def parse_point(name: str) -> dict[str, Any]:
    """Return name, region and masses (GeV) of a point of the grid; name and region of an own signal."""
    match = POINT.fullmatch(name)
    own = OWN.fullmatch(name)
    if own is not None:
        return {"name": name, "region": own["region"]}
    if match is None:
        raise FitFailed(f"{name!r} is not a name such as RegionA/sbottom_1300_205_60")
    return {
        "name": name,
        "region": match["region"],
        "m_sbottom_gev": int(match["sbottom"]),
        "m_neutralino2_gev": int(match["n2"]),
        "m_neutralino1_gev": int(match["n1"]),
    }


def has_signal(patch: list[dict[str, Any]], poi: str) -> bool:
    """Return whether a patch adds a sample that scales with the parameter of interest."""
    samples = [operation["value"] for operation in patch if isinstance(operation.get("value"), dict)]
    return any(modifier["name"] == poi for sample in samples for modifier in sample.get("modifiers", []))


def checked(cls_obs: float, cls_exp: list[float]) -> tuple[float, list[float]]:
    """Return CLs values; raise FitFailed for anything that is no probability or out of order."""
    values = [cls_obs, *cls_exp]
    if not all(math.isfinite(value) and 0.0 <= value <= 1.0 + 1e-9 for value in values):
        raise FitFailed(f"CLs is not a number between 0 and 1: observed {cls_obs}, expected {cls_exp}")
    if any(low > high + 1e-9 for low, high in zip(cls_exp, cls_exp[1:])):
        raise FitFailed(f"the expected CLs values are out of order: {cls_exp}")
    return min(cls_obs, 1.0), [min(value, 1.0) for value in cls_exp]


def fit(
    workspace_spec: dict[str, Any],
    patch: list[dict[str, Any]],
    *,
    upper_limits: bool = False,
    toys: int = 0,
    seed: int = 1,
) -> dict[str, Any]:
    """Return `cls_obs`, `cls_exp` (five values) and `notes` for mu = 1; raise FitFailed with the reason.

    With `upper_limits` also `mu_ul_obs` and `mu_ul_exp`; with `toys` CLs comes from that many a hypothesis.
    """
    import pyhf

    pyhf.set_backend("numpy")
    try:
        workspace = pyhf.Workspace(workspace_spec)
        if not has_signal(patch, workspace.get_measurement()["config"]["poi"]):
            return insensitive("the published patch holds no signal in this region")
        model = workspace.model(patches=[patch], modifier_settings=INTERPOLATION)
        data = workspace.data(model)
        observed, band = toy_test(model, data, toys, seed) if toys else hypothesis_test(model, data)
        if not math.isfinite(observed) and (q := asimov_q(model, data)) < INDISTINGUISHABLE_Q:
            return insensitive(f"mu = 1 and mu = 0 cannot be told apart in this region (q of Asimov data {q:.1e})")
        bounds = mu_limits(model, data) if upper_limits else NO_LIMITS
    except Exception as problem:  # pyhf and jsonpatch raise many kinds; each is the reason of this failure
        raise FitFailed(f"{type(problem).__name__}: {problem}") from problem
    cls_obs, cls_exp = checked(observed, band)
    notes = [*bounds["notes"], *statistics_notes(workspace, toys, seed)]
    found = {"cls_obs": cls_obs, "cls_exp": cls_exp}
    return {**found, **({**bounds, "notes": notes} if upper_limits else {"notes": notes})}


def statistics_notes(workspace: Any, toys: int, seed: int) -> list[str]:
    """Return what a reader must know of how CLs was found."""
    if toys:
        return [f"CLs from {toys} toys each, seed {seed}; 0 means below {3 / toys:.1g}"]
    events = signal_region_events(workspace)
    few = f"asymptotics unreliable: {events:g} events observed in the signal region"
    return [few] if events < FEW_EVENTS else []


def toy_test(model: Any, data: list[float], toys: int, seed: int) -> tuple[float, list[float]]:
    """Return CLs observed and expected from toy experiments."""
    from pyhf_profile import toy_cls

    return toy_cls(model, data, toys, seed)


def mu_limits(model: Any, data: list[float]) -> dict[str, Any]:
    """Return upper limits on mu, observed and expected, and notes."""
    from asymptotics import upper_limits
    from pyhf_profile import PyhfProfile

    return upper_limits(PyhfProfile(model, data))


def hypothesis_test(model: Any, data: list[float]) -> tuple[float, list[float]]:
    """Return CLs observed and the five expected ones; the observed one is NaN where q of the Asimov data is 0."""
    import pyhf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 0/0 of an insensitive region is judged by fit()
        observed, band = pyhf.infer.hypotest(1.0, data, model, test_stat="qtilde", return_expected_set=True)
    return float(observed), [float(value) for value in band]


def asimov_q(model: Any, data: list[float]) -> float:
    """Return q of mu = 1 for the background-only Asimov data, whose best fit is known: what they were made with.

    It can only be too large, because a fit that stops early gives a larger likelihood value at mu = 1.
    """
    from pyhf.infer import calculators, mle

    config = model.config
    start = config.suggested_init(), config.suggested_bounds(), config.suggested_fixed()
    asimov, truth = calculators.generate_asimov_data(0.0, data, model, *start, return_fitted_pars=True)
    _, at_one = mle.fixed_poi_fit(1.0, asimov, model, return_fitted_val=True)
    return float(at_one) - float(mle.twice_nll(truth, asimov, model))


def insensitive(reason: str) -> dict[str, Any]:
    """Return the answer where signal and no signal are the same hypothesis: CLs = CLsb/CLb is 1 by definition."""
    return {"cls_obs": 1.0, "cls_exp": [1.0] * 5, "notes": [f"no sensitivity: {reason}; CLs is 1"]}


def signal_region_events(workspace: Any) -> float:
    """Return the number of observed events in the channels called SR*."""
    return sum(sum(values) for name, values in workspace.observations.items() if name.startswith("SR"))


def regions_of(workspace: dict[str, Any], patch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return observed, background and signal events of each bin that is fitted, before any fit."""
    from patches import VALIDATION_REGION, signal_yields

    observed = {item["name"]: item["data"] for item in workspace["observations"]}
    signal = signal_yields(patch, workspace)
    rows = []
    for channel in workspace["channels"]:
        name, bins = channel["name"], zip(*(sample["data"] for sample in channel["samples"]))
        if name.startswith(VALIDATION_REGION):
            continue
        for index, values in enumerate(bins):
            label = name if len(observed[name]) == 1 else f"{name}[{index}]"
            events = signal.get(name, [0.0] * len(observed[name]))[index]
            row = {"region": label, "observed": observed[name][index], "background": sum(values), "signal": events}
            rows.append(row)
    return rows


def cross_section_notes(point: str, xsec_fb: float | None, events: float, table: Path | None) -> list[str]:
    """Return notes if an own signal's cross section is far from the table's; what is not believable was refused before."""
    if table is None or xsec_fb is None or OWN.fullmatch(point) is None:
        return []
    from plausible import of_events

    mass = SBOTTOM.search(point)
    rows = json.loads(table.read_bytes())["rows"]
    return of_events(xsec_fb, float(mass[1]) if mass else None, events, rows, LUMINOSITY_INV_FB, accepted=True)


def cross_section_limits(values: dict[str, Any], xsec_fb: float | None) -> dict[str, Any]:
    """Return upper limits on the cross section in fb, where there are some on mu and a cross section."""
    if xsec_fb is None or values.get("mu_ul_obs") is None:
        return {}
    expected = [value * xsec_fb for value in values["mu_ul_exp"]]
    return {"xsec_ul_obs_fb": values["mu_ul_obs"] * xsec_fb, "xsec_ul_exp_fb": expected}


def arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--point", required=True)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--patch", type=Path, required=True)
    parser.add_argument("--xsec-fb", type=lambda text: None if text == "None" else float(text))
    parser.add_argument("--xsec-table", type=Path, help="what a user's cross section is held beside")
    parser.add_argument("--upper-limits", type=lambda text: text.lower() == "true", default=False)
    parser.add_argument("--toys", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True)
    return parser.parse_args()


def main() -> int:
    """Run the step; 1 if the fit failed."""
    from undecided import by_toys

    args = arguments()
    try:
        point = parse_point(args.point)
        workspace, patch = json.loads(args.workspace.read_bytes()), json.loads(args.patch.read_bytes())
        values = fit(workspace, patch, upper_limits=args.upper_limits, toys=args.toys, seed=args.seed)
    except (FitFailed, ValueError, OSError) as problem:
        print(f"fit of {args.point} failed: {problem}", file=sys.stderr)
        return 1
    point |= {} if args.xsec_fb is None else {"xsec_fb": args.xsec_fb}
    values["notes"] += [EVENTS_ONLY] if args.xsec_fb is None else []
    found = {**values, **cross_section_limits(values, args.xsec_fb), "expected_convention": "fitted"}
    limit = {"point": point, **found}
    regions = regions_of(workspace, patch)
    events = sum(region["signal"] for region in regions)
    limit |= {"toys": args.toys} if args.toys else {}
    limit["notes"] = [*values["notes"], *cross_section_notes(args.point, args.xsec_fb, events, args.xsec_table)]
    if args.toys and (reason := by_toys(values["cls_obs"], args.toys)):
        limit["undecided"] = reason
    document = {**limit, "regions": regions}
    args.output.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
    print(f"{args.point}: CLs observed {values['cls_obs']:.4g}, expected {values['cls_exp'][2]:.4g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
