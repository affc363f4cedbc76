"""CLs of one signal at mu = 1, observed and expected, by asymptotic formulae (arXiv:1007.1727), with pyhf."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

import pyhf


def fit(workspace: dict[str, Any], patch: list[dict[str, Any]]) -> dict[str, Any]:
    """Return CLs; raise ValueError if the fit came to no number."""
    space = pyhf.Workspace(workspace)
    model = space.model(patches=[patch])
    found, expected = pyhf.infer.hypotest(
        1.0, space.data(model), model, test_stat="qtilde", return_expected_set=True
    )
    limit = {"cls_obs": float(found), "cls_exp": [float(value) for value in expected], "expected_convention": "fitted"}
    if not all(map(math.isfinite, [limit["cls_obs"], *limit["cls_exp"]])):
        raise ValueError(f"CLs is not a number: {limit}")
    return limit


def main() -> int:
    """Fit, and write a limit result; a fit that fails is a failed job with its reason, never a blank."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--signal", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    signal = json.loads(args.signal.read_bytes())
    try:
        limit = fit(json.loads(args.workspace.read_bytes()), signal["patch"])
    except Exception as problem:  # pyhf raises many kinds; each is the reason
        print(f"the fit of {signal['point']['name']} failed: {problem!r}", file=sys.stderr)
        return 1
    args.output.write_text(json.dumps({"point": signal["point"], **limit}) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
