"""`python -m tests.ci.demo [--keep DIR] [--events N]` prints a row for each push, and fails if one is not as said."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ci.demo.analysis import ANALYSIS, write_analysis
from tests.ci.demo.pushes import PUSHES, Push
from tests.ci.demo.ten import ten_pushes
from tests.ci.server.served import Served, served
from tests.conftest import ROOT
from tests.registry.real import real_registry
from tests.testbeds.forge.forge import Forge, forge_of
from tests.waiting import BOUND_S

_GOOD = ("passed", "nothing-to-do")
_HEAD = f"{'push':<34} {'verdict':<14} {'exit':>4} {'status':<8} {'mode':<12} {'jobs':>4} {'images':>6} {'seconds':>8}"


@dataclass
class Demo:
    """The forge, the server that judges what is pushed to it, and the registry that gets versions."""

    forge: Forge
    server: Served
    registry: str
    folder: Path
    environ: dict[str, str]
    faults: list[str] = field(default_factory=list)

    def push(self, title: str, branch: str) -> tuple[dict[str, Any], dict[str, Any], float]:
        """Push what is in the working clone as one commit; return report, comparison and seconds to the status."""
        self.forge.git("add", "--all")
        self.forge.git("commit", "--quiet", "-m", title)
        return self.judged(f"HEAD:refs/heads/{branch}", "HEAD")

    def judged(self, refspec: str, what: str) -> tuple[dict[str, Any], dict[str, Any], float]:
        commit = self.forge.git("rev-parse", f"{what}^{{commit}}")
        context = "recast" if "tags" not in refspec else self._tag_context(refspec)
        before = len(self.forge.api.final(commit, context))
        start = time.monotonic()
        self.forge.push(refspec)
        self._until(lambda: len(self.forge.api.final(commit, context)) > before, f"a verdict on {refspec}")
        seconds = time.monotonic() - start
        status = self.forge.api.final(commit, context)[-1]
        out = self._newest_report(commit)
        report = json.loads((out / "report.json").read_bytes())
        comparison = out / "comparison.json"
        report["status"] = status["state"]
        return report, json.loads(comparison.read_bytes()) if comparison.exists() else {}, seconds

    def _tag_context(self, refspec: str) -> str:
        contexts = {it["context"] for it in self.forge.api.statuses}
        name = refspec.rpartition("/")[2]
        return next((it for it in contexts if name in it), f"recast/{name}")

    def _until(self, holds: Any, what: str) -> None:
        from tests.waiting import until

        until(holds, f"{what}\n{self.server.log[-3000:]}", BOUND_S * 2)

    def _newest_report(self, commit: str) -> Path:
        found = [
            path.parent
            for path in (self.server.state / "pipelines").glob("*/*/recast-ci/**/report.json")
            if json.loads(path.read_bytes())["commit"] == commit
        ]
        return max(found, key=lambda path: (path / "report.json").stat().st_mtime)

    def row(self, push: Push, report: dict[str, Any], comparison: dict[str, Any], seconds: float) -> None:
        """Print a row, and note what is not as the push says."""
        jobs = sum(run["jobs"] for run in report["runs"])
        images = sum(image["built"] for image in report["images"])
        print(_line(push.title, report, seconds), flush=True)
        checks = {
            f"the word is one of {push.words}": report["word"] in push.words,
            f"jobs are within {push.jobs}": push.jobs[0] <= jobs <= push.jobs[1],
            f"{push.images} images are built": images == push.images,
            f"the mode is {push.mode}": push.mode in (None, report["mode"]),
            "the status fits": (report["status"] == "success") == (report["word"] in _GOOD),
            f"the stages are {push.stages}": push.stages is None
            or {stage for run in report["runs"] for stage in run["stages"]} == push.stages,
            "the comparison fits": push.more(report, comparison),
        }
        self.faults += [f"{push.title}: {what}: no" for what, holds in checks.items() if not holds]


def _line(title: str, report: dict[str, Any], seconds: float) -> str:
    jobs = sum(run["jobs"] for run in report["runs"])
    images = sum(image["built"] for image in report["images"])
    told = f"{report['word']:<14} {report['exit_code']:>4} {report['status']:<8} {report['mode']:<12}"
    return f"{title:<34} {told} {jobs:>4} {images:>6} {seconds:>8.1f}\n    {report['sentence']}"


@contextmanager
def demo(folder: Path) -> Iterator[Demo]:
    """Start everything, with the first commit on the default branch judged and its reference made."""
    images = os.environ.get("RECAST_TEST_IMAGES") or str(ROOT / ".cache/images")
    environ = {
        "RECAST_HOME": str(folder / "home"), "RECAST_IMAGE_STORE": images, "RECAST_CONFIG": "", "RECAST_SITE": "",
        "RECAST_SHIPPED": "",
    }  # fmt: skip
    key = folder / "key"
    environ["RECAST_SIGNING_KEY"] = str(key)
    os.environ.update(environ)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    with ExitStack() as stack:
        forge = stack.enter_context(forge_of("gitlab", folder / "forge"))
        real = stack.enter_context(real_registry(folder / "registry"))
        registry = f"oci://{real.host}/{ANALYSIS}"
        command = [sys.executable, "-m", "recast", "ci", "run"]
        table = f'push = "{registry}"\nkey = "{key}"\nat_first = "branches"\n'
        server = stack.enter_context(served(forge, folder / "server", command=command, table=table))
        yield Demo(forge, server, registry, folder, environ)


def tag_runs_elsewhere(it: Demo) -> None:
    """Run the published version on a machine that has nothing, and verify the provenance of its images there."""
    env = {**os.environ, "RECAST_HOME": str(it.folder / "elsewhere"), "RECAST_IMAGE_STORE": str(it.folder / "empty")}

    def recast(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "recast", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=env, timeout=BOUND_S)

    added = recast("catalogue", "signers", "add", "rate", str(it.folder / "key.pub"))
    ran = recast("run", f"{it.registry}:1.0.0", "--example", "demo", "-p", "seed=1", "-p", "events=200", "-q")
    if ran.returncode:
        it.faults.append(f"the tag does not run elsewhere: {ran.stderr[-1500:]}")
        return
    shown = json.loads(recast("show", "last", "-o", "json").stdout)
    [digest] = {step["image"].rpartition("@")[2] for step in shown["steps"] if step["stage"] == "rate"}
    told = recast("image", "provenance", digest, "--signed")
    signature = next((line for line in told.stdout.splitlines() if line.startswith("signature")), "no signature")
    print(f"    runs elsewhere from {it.registry}:1.0.0; provenance of recast/rate:1: {signature}")
    if told.returncode:
        it.faults.append(f"the provenance of {digest} is not verified: {added.stderr[-500:]}{told.stderr[-1500:]}")


def main() -> int:
    """Run all pushes; return 1 if one of them is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="work in this folder, and leave it")
    parser.add_argument("--events", type=int, default=1000, help="of each of four batches; fewer say less")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="recast-ci-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        start = time.monotonic()
        it = stack.enter_context(demo(folder))
        work = it.forge.work
        write_analysis(work, asked.events)
        print(_HEAD)
        report, _, seconds = it.push("the first commit", "main")
        print(_line("the first commit", report, seconds), flush=True)
        for number, push in enumerate(PUSHES, 1):
            if push.change is None:
                it.forge.git("checkout", "--quiet", "main-of-demo")
                it.forge.git("tag", "-m", "1.0.0", "v1.0.0")
                it.row(push, *it.judged("refs/tags/v1.0.0", "v1.0.0"))
                tag_runs_elsewhere(it)
                continue
            if number == 1:
                it.forge.git("branch", "main-of-demo")
            it.forge.git("checkout", "--quiet", "-B", f"change-{number}", "main-of-demo")
            push.change(work)
            it.row(push, *it.push(push.title, f"change-{number}"))
        it.faults += ten_pushes(it)
        print(f"{time.monotonic() - start:.0f} s in all")
        for fault in it.faults:
            print(f"WRONG: {fault}")
        return 1 if it.faults else 0


if __name__ == "__main__":
    sys.exit(main())
