"""Ten pushes to one branch within ten seconds: what is common runs once, and only the newest ones are judged."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.ci.demo.analysis import SPEC, edit
from tests.waiting import BOUND_S, until

if TYPE_CHECKING:
    from tests.ci.demo.__main__ import Demo

__all__ = ["ten_pushes"]

_GOOD = ("passed", "moved", "undecided")


def ten_pushes(it: Demo) -> list[str]:
    """Push ten commits, one each second, with a new seed that is common to them; return what is not as it must be."""
    branch = "ten-pushes"
    it.forge.git("checkout", "--quiet", "-B", branch, "main-of-demo")
    edit(it.forge.work / "recast-ci.yml", lambda text: text.replace("seed: 1", "seed: 815"))
    start = time.monotonic()
    commits = [_push(it, branch, number, start) for number in range(10)]
    pushed_s = time.monotonic() - start
    until(
        lambda: it.forge.api.final(commits[-1], "recast"), f"the newest verdict\n{it.server.log[-3000:]}", BOUND_S * 4
    )
    seconds = time.monotonic() - start
    until(lambda: not _alive(it), "the end of all pipelines", BOUND_S * 4)
    found = _reports(it, commits)
    generated = [run for report in found for run in report["runs"] if "generate" in run["stages"]]
    judged = [report for report in found if any(run["jobs"] for run in report["runs"])]
    print(
        f"ten pushes in {pushed_s:.0f} s: generated {len(generated)} time(s), {len(judged)} validation(s), "
        f"{len(commits) - len(found)} commits superseded, the newest judged after {seconds:.0f} s: {found[-1]['word']}",
        flush=True,
    )
    checks = {
        "the events are generated once": len(generated) == 1,
        "at most two are validated": 1 <= len(judged) <= 2,
        "the newest has a verdict on its physics": found[-1]["word"] in _GOOD,
        "no job is left": not _alive(it),
    }
    return [f"ten pushes: {what}: no" for what, holds in checks.items() if not holds]


def _push(it: Demo, branch: str, number: int, start: float) -> str:
    """Push the next commit when its second has come."""
    edit(it.forge.work / f"{SPEC}/files/scripts/selection.py", lambda text: f"{text}\n# thought {number}\n")
    it.forge.git("add", "--all")
    it.forge.git("commit", "--quiet", "-m", f"thought {number}")
    time.sleep(max(0.0, start + number - time.monotonic()))  # not a wait for something: people push once a second
    it.forge.push(f"HEAD:refs/heads/{branch}")
    return it.forge.git("rev-parse", "HEAD")


def _reports(it: Demo, commits: list[str]) -> list[dict[str, Any]]:
    """Return the reports of those commits that have one, in the order of the pushes."""
    paths = (it.server.state / "pipelines").glob("*/*/recast-ci/**/report.json")
    found = {report["commit"]: report for report in map(_read, paths)}
    return [found[commit] for commit in commits if commit in found]


def _read(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_bytes())
    return report


def _alive(it: Demo) -> list[str]:
    """Return the command lines of processes that work in the server's folder or the demo's home, but the server's."""
    marks = (str(it.server.state), str(it.folder / "home"))
    own = it.server.process.pid if it.server.process else 0
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if any(mark in words for mark in marks) and path.parent.name != str(own):
            found.append(words)
    return found
