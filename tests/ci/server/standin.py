"""A stand-in for `recast ci run`: it takes the same arguments, and reports what `behave.json` in the checkout says."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from recast.ci.words import EXIT_CODES


def main(arguments: list[str]) -> int:
    checkout = Path(arguments[0])
    options = dict(zip(arguments[1::1], [*arguments[2:], ""], strict=True))
    out = Path(options["--out"])
    path = checkout / "behave.json"
    behave = json.loads(path.read_text()) if path.exists() else {}
    log = out.parents[3] / "standin.log"
    word = behave.get("word", "passed")
    note(log, "began", arguments, out)
    time.sleep(behave.get("seconds", 0.0))
    while "until" in behave and not Path(behave["until"]).exists():
        time.sleep(0.05)
    if "exit" in behave:
        return int(behave["exit"])
    out.mkdir(parents=True)
    report = {
        "schema": 1, "commit": options["--commit"], "ref": options["--ref"], "event": options["--event"], "word": word,
        "sentence": behave.get("sentence", f"all is {word}"), "exit_code": EXIT_CODES[word],
    }  # fmt: skip
    (out / "summary.md").write_text(f"# {word}\n\n{report['sentence']}\n")
    (out / "report.new").write_text(json.dumps(report))
    (out / "report.new").rename(out / "report.json")
    note(log, "reported", arguments, out)
    return EXIT_CODES[word]


def note(log: Path, what: str, arguments: list[str], out: Path) -> None:
    """Append a line in one write: what happened, the arguments, the names of variables, the pipeline."""
    line = {"what": what, "argv": arguments, "env": dict(os.environ), "pipeline": out.parts[-3], "at": time.time()}
    with log.open("a") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
