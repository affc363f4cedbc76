"""Results of a run as `recast results -o json` has them, with events thrown from a seed."""

from __future__ import annotations

import math
import random
from typing import Any

__all__ = ["POINT", "results", "rows"]

POINT = {"process": "squark", "m_squark_gev": 1600.0, "m_neutralino_gev": 400.0}
STEPS = ("preselection", "meff", "met")
LUMINOSITY_EVENTS = 1000.0


def rows(columns: list[str], *cells: list[Any], name: str = "table") -> dict[str, Any]:
    """A result of type table."""
    return {"name": name, "type": "table", "columns": [{"name": it} for it in columns], "rows": list(cells)}


def limit(**more: Any) -> dict[str, Any]:
    """A result of type limit."""
    known = {
        "name": "limit", "type": "limit", "point": {**POINT, "region": "SR", "xsec_fb": 1.2}, "cls_obs": 0.031,
        "cls_exp": [0.001, 0.005, 0.02, 0.1, 0.3], "mu_ul_obs": 0.8, "mu_ul_exp": [0.3, 0.4, 0.5, 0.7, 1.1],
        "xsec_ul_obs_fb": 0.96, "excluded": True, "verdict": "x",
    }  # fmt: skip
    return {**known, **more}


def results(
    seed: int = 0, events: int = 4000, met: float = 0.3, bins: tuple[int, ...] = (200, 100, 50, 7, 3), **of_limit: Any
) -> list[dict[str, Any]]:
    """Results of one point: a cutflow of which the last cut keeps the share `met`, yields, efficiency, a limit."""
    dice = random.Random(seed)
    one = LUMINOSITY_EVENTS / events
    counts = [sum(dice.random() < 0.8 for _ in range(events))]
    for share in (0.5, met):
        counts.append(sum(dice.random() < share for _ in range(counts[-1])))

    def error(count: int) -> float:
        return one * math.sqrt(count * (1.0 - count / events))

    steps = [
        {"name": name, "events": count * one, "error": error(count), "raw": count}
        for name, count in zip(STEPS, counts, strict=True)
    ]
    last = counts[-1]
    regions = [{"region": "SR", "observed": 12, "background": 11.2, "background_error": 1.0, "signal": last * one,
                "signal_error": error(last)}]  # fmt: skip
    regions += [
        {"region": f"MB/bin{i}", "observed": 3, "background": 3.0, "signal": n * one, "signal_error": error(n)}
        for i, n in enumerate(bins)
    ]
    return [
        limit(**of_limit),
        {"name": "cutflow", "type": "cutflow", "region": "SR", "point": {**POINT, "region": "SR"}, "steps": steps},
        {"name": "yields", "type": "yields", "point": POINT, "regions": regions},
        {"name": "efficiency", "type": "efficiency", "point": POINT,
         "regions": [{"region": "SR", "efficiency": last / events, "error": error(last) / LUMINOSITY_EVENTS}]},
        {"name": "p", "type": "plot", "path": "/r/a.png", "file": "files/a.png", "sha256": "0" * 64, "size_bytes": 3,
         "media_type": "image/png"},
    ]  # fmt: skip
