"""All batches together: cutflow, yields and acceptance times efficiency, with the errors of the simulation's statistics.

Sums are over counts, so the order of the batches does not matter; the cross section comes in once, at the end.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any


def total(batches: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the sums of all batches, cut by cut."""
    keys = ("raw", "weight", "weight_squared")
    return [
        {"name": rows[0]["name"], **{key: math.fsum(row[key] for row in rows) for key in keys}}
        for rows in zip(*batches)
    ]


def main() -> None:
    """Write the three results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mass-gev", type=float, required=True)
    parser.add_argument("--xsec-fb", type=float, required=True)
    parser.add_argument("--published", type=Path, required=True, help="observed events, background, luminosity")
    for name in ("cutflow", "yields", "efficiency"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("counts", type=Path, nargs="+")
    args = parser.parse_args()
    published = json.loads(args.published.read_bytes())
    cuts = total([json.loads(path.read_bytes()) for path in args.counts])
    scale = args.xsec_fb * published["luminosity_inv_fb"] / cuts[0]["weight"]
    region, point, last = published["region"], {"mass_gev": args.mass_gev}, cuts[-1]
    steps = [
        {"name": cut["name"], "events": scale * cut["weight"], "error": scale * math.sqrt(cut["weight_squared"]),
         "raw": int(cut["raw"])}
        for cut in cuts
    ]
    share = last["weight"] / cuts[0]["weight"]
    error = math.sqrt(share * (1.0 - share) / cuts[0]["raw"])
    data = {key: published[key] for key in ("region", "observed", "background", "background_error")}
    results = {
        args.cutflow: {"point": point, "region": region, "steps": steps},
        args.yields: {"point": point, "regions": [
            {**data, "signal": steps[-1]["events"], "signal_error": steps[-1]["error"]}]},
        args.efficiency: {"point": point, "regions": [{"region": region, "efficiency": share, "error": error}]},
    }
    for path, result in results.items():
        path.write_text(json.dumps(result) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
