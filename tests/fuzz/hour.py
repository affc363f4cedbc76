"""`make fuzz`: every border under the coverage-guided fuzzer, in turn, for FUZZ_SECONDS in all; a table at the end.

Progress goes to standard error; Ctrl-C ends it early, with the table. What was found lies in `.cache/fuzz/finds`, the
corpora in `.cache/fuzz/corpus`: the next hour goes on where this one ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.targets import TARGETS

__all__: list[str] = []

_HOME = Path(".cache/fuzz").absolute()
_TURN_S = 60
_GRACE_S = 120.0
"""What a child may take to start, and to end, on a busy machine."""


@dataclass
class _Tally:
    """What became of one border."""

    turns: int = 0
    tried: int = 0
    killed: int = 0
    slowest_s: float = 0.0
    peak_mb: float = 0.0
    base_mb: float = 0.0

    def add(self, stats: dict[str, float]) -> None:
        """Add what one child has seen."""
        self.turns += 1
        self.tried += int(stats.get("tried", 0))
        self.slowest_s = max(self.slowest_s, stats.get("slowest_s", 0.0))
        self.peak_mb = max(self.peak_mb, stats.get("peak_mb", 0.0))
        self.base_mb = max(self.base_mb, stats.get("base_mb", 0.0))


class _Hour:
    """Children in turn, until the time is over or somebody has had enough."""

    def __init__(self, names: list[str], seconds: float, jobs: int) -> None:
        self._jobs = jobs
        self._end = time.monotonic() + seconds
        self._left = len(names) * max(1, round(seconds * jobs / len(names) / _TURN_S))
        self._queue = names * (self._left // len(names))
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self.enough = threading.Event()
        self.tallies = {name: _Tally() for name in names}

    def run(self) -> None:
        """Work until the queue is empty."""
        with ThreadPoolExecutor(self._jobs) as pool:
            try:
                for done in [pool.submit(self._turn, name) for name in self._queue]:
                    done.result()
            except KeyboardInterrupt:
                print("\nending early", file=sys.stderr)
                self.enough.set()
                for child in list(self._running):
                    child.terminate()

    def _share_s(self) -> int:
        """Return how long the next child may run: starting takes its time, too, and every border gets its turn."""
        with self._lock:
            left_s, turns = self._end - time.monotonic(), self._left
            self._left -= 1
        return int(left_s * self._jobs / max(turns, self._jobs))

    def _turn(self, name: str) -> None:
        seconds = self._share_s()
        if self.enough.is_set() or seconds < 1:
            return
        stats = _HOME / "stats" / f"{name}.json"
        stats.parent.mkdir(parents=True, exist_ok=True)
        stats.unlink(missing_ok=True)
        folders = [f"--{kind}={_HOME / kind / name}" for kind in ("corpus", "seeds", "finds")]
        argv = [
            sys.executable,
            "-m",
            "tests.fuzz.child",
            name,
            f"--until={time.monotonic() + seconds}",
            f"--stats={stats}",
            *folders,
        ]
        log = _HOME / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            child = subprocess.Popen(argv, stdout=output, stderr=output, start_new_session=True)
            with self._lock:
                self._running.add(child)
            try:
                code = child.wait(seconds + _GRACE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                code = child.wait()
        with self._lock:
            self._running.discard(child)
            self._note(name, code, stats)

    def _note(self, name: str, code: int, stats: Path) -> None:
        tally = self.tallies[name]
        tally.add(json.loads(stats.read_bytes()) if stats.is_file() else {})
        tally.killed += code != 0 and not self.enough.is_set()
        left_s = max(0.0, self._end - time.monotonic())
        kept = ", ".join(sorted(path.name for path in _kept(name))) or "nothing kept"
        words = f"{left_s:5.0f} s left  {name:16} {tally.tried:9,} tried  {tally.slowest_s:6.2f} s slowest  {kept}"
        print(words + (f"  (exit code {code})" if code else ""), file=sys.stderr, flush=True)


def _kept(name: str) -> list[Path]:
    folder = _HOME / "finds" / name
    return [path for path in folder.glob("*") if path.suffix != ".txt"] if folder.is_dir() else []


def _table(hour: _Hour) -> str:
    lines = [
        f"{'border':16} {'tried':>10} {'crashes':>8} {'killed':>7} {'slow':>5} {'slowest (s)':>12} {'peak (MB)':>10}"
    ]
    total = _Tally()
    crashes = 0
    for name, tally in hour.tallies.items():
        kinds = [path.name.partition("-")[0] for path in _kept(name)]
        crashes += kinds.count("crash")
        peak = f"{tally.peak_mb:.0f} ({tally.peak_mb - tally.base_mb:+.0f})"
        lines.append(
            f"{name:16} {tally.tried:10,} {kinds.count('crash'):8} {tally.killed:7} {kinds.count('slow'):5} "
            f"{tally.slowest_s:12.3f} {peak:>10}"
        )
        total.tried += tally.tried
        total.killed += tally.killed
        total.slowest_s = max(total.slowest_s, tally.slowest_s)
        total.peak_mb = max(total.peak_mb, tally.peak_mb)
    sums = f"{'all':16} {total.tried:10,} {crashes:8} {total.killed:7} {'':5}"
    lines.append(f"{sums} {total.slowest_s:12.3f} {total.peak_mb:10.0f}")
    return "\n".join(lines)


def main() -> int:
    """Fuzz; return 1 if anything was found."""
    names = os.environ.get("FUZZ_BORDERS", "").split() or list(TARGETS)
    seconds = float(os.environ.get("FUZZ_SECONDS") or 3600)
    jobs = int(os.environ.get("FUZZ_JOBS") or max(1, len(os.sched_getaffinity(0))))
    hour = _Hour(names, seconds, jobs)
    print(f"{len(names)} borders, {seconds:.0f} s, {jobs} at once; finds go to {_HOME / 'finds'}", file=sys.stderr)
    hour.run()
    print(_table(hour))
    return 1 if any(_kept(name) for name in names) or any(tally.killed for tally in hour.tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
