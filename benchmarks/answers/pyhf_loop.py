"""What one would write without RECAST: CLs of all points of a patchset, two at a time, the lines, a picture.

Executed by the Python of `.venv-fit`, whose pyhf, numpy, scipy and matplotlib are those of the image:

    python pyhf_loop.py FOLDER_WITH_DATA

Writes `limits.json` (name -> CLs observed and expected), `exclusion.png` and `exclusion.pdf`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import pyhf

DATA = Path(sys.argv[1])
INTERPOLATION = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
WORKSPACE = pyhf.Workspace(json.loads((DATA / "BkgOnly.json").read_bytes()))


def limit(patch: dict[str, Any]) -> tuple[str, float, list[float]]:
    """Return the name of a point, and CLs observed and expected."""
    model = WORKSPACE.model(patches=[patch["patch"]], modifier_settings=INTERPOLATION)
    data = WORKSPACE.data(model)
    observed, expected = pyhf.infer.hypotest(1.0, data, model, test_stat="qtilde", return_expected_set=True)
    return patch["metadata"]["name"], float(observed), [float(value) for value in expected]


def draw(limits: list[tuple[str, float, list[float]]]) -> None:
    """Draw points and lines of exclusion in the plane of the two masses."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from scipy.stats import norm

    masses = [tuple(map(int, re.findall(r"\d+", name)[-2:])) for name, _, _ in limits]
    x, y = zip(*masses)  # noqa: B905
    curves = {"observed": [row[1] for row in limits], **{str(i): [row[2][i] for row in limits] for i in (1, 2, 3)}}
    figure, axes = plt.subplots(figsize=(9.0, 7.2))
    axes.plot(x, y, "k.")
    for name, values in curves.items():
        sigma = [min(8.0, max(-8.0, -norm.ppf(value))) for value in values]
        axes.tricontour(x, y, sigma, levels=[-norm.ppf(0.05)], colors="r" if name == "observed" else "k")
    axes.set_xlabel("m(chargino 1) = m(neutralino 2) [GeV]")
    axes.set_ylabel("m(neutralino 1) [GeV]")
    for kind in ("png", "pdf"):
        figure.savefig(f"exclusion.{kind}", dpi=150)


def main() -> None:
    """Fit, write, draw."""
    patches = json.loads((DATA / "patchset.json").read_bytes())["patches"]
    with ProcessPoolExecutor(2) as pool:
        limits = list(pool.map(limit, patches))
    Path("limits.json").write_text(json.dumps({name: [observed, *expected] for name, observed, expected in limits}))
    draw(limits)


if __name__ == "__main__":
    main()
