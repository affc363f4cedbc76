"""The results of a real entry, made by its own script out of counts that are thrown here."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recast.ci.compare import Rules, Tolerance, compare, quantities
from recast.results.types import check
from tests.conftest import ROOT
from tests.waiting import BOUND_S

FILES = ROOT / "specs/atlas-susy-2018-22/1.0.0/files"
RULES = Rules((Tolerance("yields/*", relative=0.05, absolute=0.5), Tolerance("*", relative=0.05)))
NAMES = """
import json, regions, selection
print(json.dumps([{r.name: selection.cut_names(r) for r in regions.SINGLE_BIN},
                  {s: [b.channel for b in found] for s, found in regions.MULTI_BIN.items()}]))
"""


def python(*arguments: object) -> str:
    environ = {**os.environ, "PYTHONPATH": str(FILES / "scripts"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, timeout=BOUND_S, env=environ
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def names() -> Any:
    return json.loads(python("-c", NAMES))


def counts(seed: int, kept: float, names: Any) -> Iterator[tuple[str, int]]:
    """Events after each cut; the last cut of SR-2j-1600 keeps the share `kept` of what it kept before."""
    dice = random.Random(seed)
    yield "all", 1000
    preselected = sum(dice.random() < 0.7 for _ in range(1000))
    yield "preselection", preselected
    for region, cuts in names[0].items():
        left = preselected
        for cut in cuts:
            share = 0.8 * (kept if region == "SR-2j-1600" and cut == cuts[-1] else 1.0)
            left = sum(random.Random(f"{seed} {region} {cut} {i}").random() < share for i in range(left))
            yield f"{region}/{cut}", left
    for search, channels in names[1].items():
        for index, channel in enumerate(channels):
            yield f"{search}/{channel}", sum(dice.random() < 0.25 * 0.75**index for _ in range(preselected))


def merged(folder: Path, names: Any, seed: int = 1, kept: float = 1.0) -> list[dict[str, Any]]:
    """Results of four batches, as the step `merge` writes them."""
    folder.mkdir()
    paths = [folder / f"counts{batch}.json" for batch in range(4)]
    for batch, path in enumerate(paths):
        found = {name: [float(n), float(n), n] for name, n in counts(10 * seed + batch, kept, names)}
        path.write_text(json.dumps({"seed": 10 * seed + batch, "counts": found}))
    point = {"process": "squark", "m_squark_gev": 1600.0, "m_neutralino_gev": 400.0}
    (folder / "point.json").write_text(json.dumps({"point": point, "notes": []}))
    (folder / "rate.json").write_text(json.dumps({"xsec_fb": 3.03, "uncertainty_fb": 0.3, "source": "table"}))
    files = (
        "--point",
        folder / "point.json",
        "--rate",
        folder / "rate.json",
        "--backgrounds",
        FILES / "backgrounds.json",
    )
    python(FILES / "scripts/merge.py", *files, "--folder", folder / "merged", "--counts", *paths)
    made = {
        name: json.loads((folder / "merged" / f"{name}.json").read_text())
        for name in ("cutflow", "yields", "efficiency")
    }
    rows = [{"name": "cutflow", "type": "cutflow", **row} for row in made["cutflow"]]
    rows += [{"name": name, "type": name, **made[name]} for name in ("yields", "efficiency")]
    for row in rows:
        check(row, "here")
    return rows


def test_a_real_search(tmp_path: Path, names: Any) -> None:
    reference = quantities(merged(tmp_path / "a", names), "demo")
    found = {one.pointer: one for one in reference}
    assert [one.pointer for one in reference if one.kind == "histogram"] == [
        f"demo/yields/squark_1600_400/{search}/signal" for search in names[1]
    ]
    assert {one.generated for one in reference if one.kind == "sum"} == {4000}
    assert "demo/cutflow/SR-2j-1600/MET:sqrt(HT)>16" in found
    last = found["demo/cutflow/SR-2j-1600/meff>1600"]
    assert last.raw == found["demo/yields/squark_1600_400/SR-2j-1600/signal"].raw

    again = compare(reference, quantities(merged(tmp_path / "b", names), "demo"), paired=True, rules=RULES)
    assert (again.word, set(again.counts)) == ("passed", {"same"})

    cut = compare(reference, quantities(merged(tmp_path / "c", names, kept=0.7), "demo"), paired=True, rules=RULES)
    assert {row.pointer for row in cut.rows if row.verdict == "moved"} == {
        "demo/cutflow/SR-2j-1600/meff>1600",
        "demo/yields/squark_1600_400/SR-2j-1600/signal",
        "demo/efficiency/squark_1600_400/SR-2j-1600",
    }
    assert cut.sentence().startswith("SR-2j-1600: ") and "events lost after meff>1600" in cut.sentence()

    seed = compare(reference, quantities(merged(tmp_path / "d", names, seed=2), "demo"), paired=False, rules=RULES)
    assert seed.word == "undecided" and "generated events would decide" in seed.sentence()
    assert {"within", "undecided"} <= set(seed.counts) and "moved" not in seed.counts
