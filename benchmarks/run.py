"""`make bench`: RECAST beside what one would use without it, in the same run. Prints ratios, never fails on time.

Each pair is run in turn (A B A B ...), and the medians are compared, because machines are noisy.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
MAPREDUCE = ROOT / "tests/data/corpus/yadage+yadage/tests/testspecs/mapreduce"
ROUNDS = 9
RECAST = [str(ROOT / ".venv/bin/recast")]
PLAIN_PYTHON = [str(ROOT / ".venv/bin/python")]
YADAGE = ROOT / ".venv-yadage/bin/python"


@dataclass(frozen=True)
class Row:
    """One line of the table: ours and theirs in seconds, and the ratio that the issue asks for."""

    name: str
    ours_s: float
    theirs_s: float
    ratio: float
    wanted: str

    def text(self) -> str:
        """Return the line of the table."""
        return f"{self.name:<58} {self.ours_s:>9.3f} {self.theirs_s:>9.3f} {self.ratio:>8.2f}   {self.wanted}"


def seconds(command: list[str], folder: Path, text: str | None = None) -> float:
    """Return the wall time of a command that must succeed."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True)
    taken = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return taken


def paired(ours: Callable[[], float], theirs: Callable[[], float], rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Return the medians of both, run in turn after one warm-up each, and the median of the ratios pair by pair."""
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    ratio = median(a / b for a, b in pairs)
    return median(a for a, _ in pairs), median(b for _, b in pairs), ratio


class Bench:
    """The benchmarks, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        os.environ["RECAST_HOME"] = str(folder / "home")

    def fresh(self) -> Path:
        """Make an empty folder."""
        self.count += 1
        folder = self.folder / f"w{self.count}"
        folder.mkdir()
        return folder

    def recast_run(self, spec: Path, inputs: str, *more: str) -> float:
        """Return the wall time of `recast run`, the start of Python included, with a home that knows nothing.

        Nothing is deleted before the end: ext4 is slow to take an inode again that was deleted a moment ago, which
        would make each round slower than the one before.
        """
        home = self.fresh()
        if (self.folder / "home/images").exists():
            (home / "images").symlink_to(self.folder / "home/images")
        os.environ["RECAST_HOME"] = str(home)
        command = [*RECAST, "run", "workflow.yml", "--toplevel", str(spec), "-p", inputs, "-q", *more]
        return seconds(command, self.fresh())

    def host_steps(self) -> Row:
        """400 trivial process steps against xargs running the same commands."""
        numbers = "".join(f"{i}\n" for i in range(400))
        inputs = f"input={list(range(400))}"

        def xargs() -> float:
            # As here: each command in a folder of its own.
            command = ["xargs", "-P2", "-I{}", "sh", "-c", "mkdir {} && cd {} && echo hello > {}"]
            return seconds(command, self.fresh(), numbers)

        ours, theirs, ratio = paired(lambda: self.recast_run(MAPREDUCE, inputs, "--allow-host-process"), xargs)
        return Row("400 process steps : xargs -P2", ours, theirs, ratio, "at most 2.5")

    def host_steps_bare(self) -> Row:
        """The same against xargs without a folder for each command."""
        numbers = "".join(f"{i}\n" for i in range(400))
        inputs = f"input={list(range(400))}"
        command = ["xargs", "-P2", "-I{}", "sh", "-c", "echo hello > {}"]
        ours, theirs, ratio = paired(
            lambda: self.recast_run(MAPREDUCE, inputs, "--allow-host-process"),
            lambda: seconds(command, self.fresh(), numbers),
        )
        return Row("400 process steps : xargs -P2, all in one folder", ours, theirs, ratio, "at most 2.5")

    def against_yadage(self) -> Row:
        """50 steps: time per step, with each tool's cost of starting taken off by a run of 1 step."""

        def yadage(count: int) -> float:
            folder = self.fresh()
            command = [
                str(YADAGE),
                "-W",
                "ignore",
                "-m",
                "yadage.steering",
                "work",
                "workflow.yml",
                "-t",
                str(MAPREDUCE),
            ]
            return seconds([*command, "-p", f"input={list(range(count))}"], folder)

        def recast(count: int) -> float:
            return self.recast_run(MAPREDUCE, f"input={list(range(count))}", "--allow-host-process")

        theirs = (yadage(50) - yadage(1)) / 49
        few = median(recast(1) for _ in range(ROUNDS))
        many = median(recast(393) for _ in range(ROUNDS))  # more of ours, so that the difference is above the noise
        ours = (many - few) / 392
        return Row("per step (start taken off) : yadage 0.21.2", ours, theirs, theirs / ours, "at least 50")

    def containers(self) -> Row:
        """200 trivial container steps against an xargs loop of the same bwrap command."""
        from benchmarks.container import bare_bwrap, container_spec

        os.environ["RECAST_HOME"] = str(self.folder / "home")
        digest, spec = container_spec(self.fresh())
        numbers = "".join(f"{i}\n" for i in range(200))
        inputs = f"input={list(range(200))}"

        def bare() -> float:
            os.environ["RECAST_HOME"] = str(self.folder / "home")
            folder = self.fresh()
            return seconds(["xargs", "-P2", "-I{}", *bare_bwrap(digest, folder)], folder, numbers)

        ours, theirs, ratio = paired(lambda: self.recast_run(spec, inputs), bare)
        return Row("200 container steps : xargs -P2 bwrap", ours, theirs, ratio, "at most 1.5")

    def start(self) -> Row:
        """`recast --version` against a Python that does nothing."""
        ours, theirs, ratio = paired(
            lambda: seconds([*RECAST, "--version"], self.folder),
            lambda: seconds([*PLAIN_PYTHON, "-c", "pass"], self.folder),
            rounds=15,
        )
        return Row("recast --version : python -c pass", ours, theirs, ratio, "at most 4")


def main() -> None:
    """Print the table."""
    sys.path.insert(0, str(ROOT))
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="recast-bench-") as name:
        bench = Bench(Path(name))
        print(f"{'':<58} {'ours s':>9} {'theirs s':>9} {'ratio':>8}   wanted")
        for measure in (bench.host_steps, bench.host_steps_bare, bench.against_yadage, bench.containers, bench.start):
            if not only or measure.__name__ in only:
                print(measure().text(), flush=True)


if __name__ == "__main__":
    main()
