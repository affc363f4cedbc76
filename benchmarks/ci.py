"""`recast ci run` on a real search: an unchanged push, and one whose selection script changed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import take
from benchmarks.place import RECAST, ROOT, Place
from benchmarks.table import Bar, Row

__all__ = ["ci"]

_ANALYSIS = "atlas-susy-2018-22"
_SELECTION = f"specs/{_ANALYSIS}/1.0.0/files/scripts/selection.py"
_CHANGE = ("preselection (table 2)", "preselection, table 2")  # a text, so that the verdict is good


def ci(place: Place) -> Iterator[Row]:
    """The seconds to a verdict, and how many of them are not the critical path of jobs."""
    repository, home = _repository(place.fresh()), place.fresh()
    images = os.environ.get("RECAST_TEST_IMAGES") or str(ROOT / ".cache/images")
    env = {"RECAST_HOME": str(home), "RECAST_IMAGE_STORE": images, "RECAST_SHIPPED": ""}
    command = [RECAST, "ci", "run", str(repository), "-q", "-o", "json"]
    take([*command, "--update-reference"], repository, env)
    take(command, repository, env)
    rounds = [take(command, repository, env).seconds for _ in range(place.rounds)]
    yield Row("recast ci run, nothing changed", sorted(rounds)[len(rounds) // 2], bar=Bar(3, "s"))
    (repository / "README.md").write_text("other words\n")
    yield Row("  another README", take(command, repository, env).seconds, bar=Bar(3, "s"))
    script = repository / _SELECTION
    text = script.read_text()
    assert _CHANGE[0] in text, "the script has other words now"
    script.write_text(text.replace(*_CHANGE))
    seconds = take(command, repository, env).seconds
    report = json.loads((repository / "recast-ci/report.json").read_bytes())
    jobs = sum(run["jobs"] for run in report["runs"])
    note = f"{report['word']}, {jobs} jobs in {', '.join(report['runs'][0]['stages'])}"
    yield Row(f"recast ci run, another selection script of {_ANALYSIS}", seconds, bar=Bar(120, "s"), note=note)
    critical = _critical_path(home, report["runs"][0]["run"])
    yield Row("  of which beside the critical path of jobs", seconds - critical, bar=Bar(10, "s"))


def _repository(folder: Path) -> Path:
    """Return a repository of the search as it comes with RECAST."""
    shutil.copytree(ROOT / f"specs/{_ANALYSIS}", folder / f"specs/{_ANALYSIS}")
    (folder / "catalogue").mkdir()
    shutil.copy(ROOT / f"catalogue/{_ANALYSIS}.yml", folder / "catalogue")
    (folder / "recast-ci.yml").write_text(f"entry: catalogue/{_ANALYSIS}.yml\nrandom: [generate]\n")
    (folder / "README.md").write_text("words\n")
    return folder


def _critical_path(home: Path, run: str) -> float:
    """Return the seconds of the longest chain of jobs that ran, each after those that it depends on."""
    from recast.reports.attempts import wall_s
    from recast.rundir import RunDirectory
    from recast.runs import open_run

    longest: dict[str, float] = {}
    for step in open_run(RunDirectory(home / "runs" / run)).engine.runs.values():
        ran = step.outcome is not None and step.cached_from is None
        own = (wall_s(step.outcome) or 0.0) if ran and step.outcome is not None else 0.0
        longest[step.step.id] = own + max((longest[it.id] for it in step.step.depends_on), default=0.0)
    return max(longest.values(), default=0.0)
