"""One border under the coverage-guided fuzzer (atheris, that is libFuzzer): `python -m tests.fuzz.child NAME ...`.

An input that raises is kept and the fuzzer goes on, so one bug hides no other. What kills the process (a hang, memory,
a crash of the interpreter) is kept by libFuzzer itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sys
import time
import traceback
from pathlib import Path
from random import Random

import atheris  # type: ignore[import-not-found, unused-ignore]

with atheris.instrument_imports(include=["recast"]):
    from tests.fuzz.targets import TARGETS

__all__: list[str] = []

_MOST_BYTES = 1 << 16
_HANG_S = 30
_MOST_MB = 3000
_REMARKABLE_MB = 100
"""An input that needs so much more than all before it is kept."""
_SAVE_EVERY_S = 1.0


class _Session:
    """What one child has seen; `stats` is read by the parent, also after the child was killed."""

    def __init__(self, name: str, stats: Path, finds: Path) -> None:
        self.border, self._file, self._finds = TARGETS[name], stats, finds
        self._seen: set[str] = set()
        self._saved = 0.0
        self.stats = {"tried": 0, "slowest_s": 0.0, "peak_mb": _peak_mb(), "base_mb": _peak_mb(), "crashes": 0}

    def feed(self, data: bytes) -> None:
        """Try one input, and note how it went."""
        began = time.process_time()
        try:
            self.border.feed(data)
        except Exception as problem:
            self._keep("crash", data, _place_of(problem), traceback.format_exc())
        took = time.process_time() - began
        peak = _peak_mb()
        if took > self.border.most_s:
            self._keep("slow", data, f"{took:.0f}", f"{took:.3f} s\n")
        if peak > self.stats["peak_mb"] + _REMARKABLE_MB:
            self._keep("large", data, f"{peak:.0f}", f"from {self.stats['peak_mb']:.0f} to {peak:.0f} MB\n")
        self.stats["tried"] += 1
        self.stats["slowest_s"] = max(self.stats["slowest_s"], took)
        self.stats["peak_mb"] = max(self.stats["peak_mb"], peak)
        if time.monotonic() - self._saved > _SAVE_EVERY_S:
            self._save()

    def mutate(self, data: bytes, most_bytes: int, seed: int) -> bytes:
        """Change an input: as libFuzzer would, or as somebody would who knows the form."""
        rng = Random(seed)
        try:
            if rng.random() < 0.5:
                return self.border.mutate(data, rng)[:most_bytes]
            changed = bytes(atheris.Mutate(data, most_bytes))
            return (self.border.fix(changed) if rng.random() < 0.8 else changed)[:most_bytes]
        except Exception:  # a mutation that cannot be made is not a find
            return bytes(atheris.Mutate(data, most_bytes))

    def _keep(self, kind: str, data: bytes, where: str, why: str) -> None:
        """Keep one input for each place where it goes wrong."""
        if f"{kind} {where}" in self._seen:
            return
        self._seen.add(f"{kind} {where}")
        self.stats["crashes"] += kind == "crash"
        name = f"{kind}-{hashlib.sha256(where.encode()).hexdigest()[:8]}"
        self._finds.mkdir(parents=True, exist_ok=True)
        (self._finds / name).write_bytes(data)
        (self._finds / f"{name}.txt").write_text(f"{where}\n\n{why}", errors="replace")
        self._save()

    def _save(self) -> None:
        self._saved = time.monotonic()
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps(self.stats))
        temporary.replace(self._file)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _place_of(problem: BaseException) -> str:
    """Where in our code it was raised: the same bug has the same place."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if "/recast/" in frame.filename] or frames[-1:]
    return f"{type(problem).__name__} {'/'.join(Path(ours[-1].filename).parts[-3:])}:{ours[-1].name}"


def main() -> None:
    """Fuzz one border for a time; the corpus grows in a folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=TARGETS)
    parser.add_argument(
        "--until", type=float, required=True, help="when to end, by the monotonic clock of this machine"
    )
    for folder in ("corpus", "seeds", "finds", "stats"):
        parser.add_argument(f"--{folder}", type=Path, required=True)
    said = parser.parse_args()
    session = _Session(said.name, said.stats, said.finds)
    for folder in (said.corpus, said.seeds, said.finds):
        folder.mkdir(parents=True, exist_ok=True)
    for index, seed in enumerate(session.border.seeds()):
        (said.seeds / str(index)).write_bytes(seed)
        session.border.feed(seed)
    options = {
        "max_total_time": max(1, int(said.until - time.monotonic())),
        "max_len": _MOST_BYTES,
        "timeout": _HANG_S,
        "rss_limit_mb": _MOST_MB,
        "artifact_prefix": f"{said.finds}/killed-",
        "verbosity": 0,
        "print_final_stats": 0,
    }
    argv = [sys.argv[0], *(f"-{key}={value}" for key, value in options.items()), str(said.corpus), str(said.seeds)]
    atheris.Setup(argv, session.feed, custom_mutator=session.mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
