"""A small analysis in a git repository: events from a seed, a cut on them, and a cutflow; it really runs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from recast.images import ImageStore
from tests.busybox import NAME, add_busybox, environment, pin

GENERATE = """BEGIN { srand(seed); for (i = 0; i < n; i++) print i, int(1000 * rand()) }
"""

SELECT = """function root(x,  y, i) { y = x / 2 + 1; for (i = 0; i < 40; i++) y = (y + x / y) / 2; return y }
# The cut, in GeV.
BEGIN { cut = 300 }
{ all++; if ($2 > cut) kept++ }
END {
  printf "{\\"region\\": \\"SR\\", \\"steps\\": [" > out
  printf "{\\"name\\": \\"all\\", \\"events\\": %d, \\"error\\": %.6f, \\"raw\\": %d}, ", all, root(all), all > out
  printf "{\\"name\\": \\"cut\\", \\"events\\": %d, \\"error\\": %.6f, \\"raw\\": %d}", kept, root(kept), kept > out
  printf "]}\\n" > out
}
"""

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "seed": {"description": "Seed of the events.", "type": "integer", "default": 1},
        "events": {"description": "How many.", "type": "integer", "minimum": 1, "default": 2000},
    },
    "additionalProperties": False,
}

ENTRY: dict[str, Any] = {
    "analysis": "small-1",
    "title": "A small analysis",
    "collaboration": "ATLAS",
    "abstract": "Counts events above a cut.",
    "references": {"arxiv": "1908.03122"},
    "sqrts_tev": 13,
    "luminosity_inv_fb": 139,
    "final_states": ["events"],
    "models": ["none"],
    "authority": "community",
    "versions": [
        {
            "version": "1.0.0",
            "source": "../spec",
            "init": {"generate_script": "files/generate.awk", "select_script": "files/select.awk"},
            "examples": {"demo": {"description": "Two thousand events.", "inputs": {"seed": 1, "events": 2000}}},
            "results": [{"name": "cutflow", "type": "cutflow", "stage": "select", "output": "cutflow"}],
        }
    ],
}


def _stage(name: str, needs: list[str], parameters: dict[str, Any], command: str, output: str) -> dict[str, Any]:
    step = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": command},
        "environment": environment(),
        "publisher": {"publisher_type": "frompar-pub", "outputmap": {output: "output"}},
    }
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": parameters, "step": step}
    return {"name": name, "dependencies": needs, "scheduler": scheduler}


def workflow() -> dict[str, Any]:
    """The two stages; `generate` is random, as its parameter `seed` says."""
    init = {key: {"step": "init", "output": key} for key in ("generate_script", "select_script", "seed", "events")}
    generate = _stage(
        "generate",
        ["init"],
        {
            "script": init["generate_script"],
            "seed": init["seed"],
            "n": init["events"],
            "output": "{workdir}/events.txt",
        },
        "awk -v seed={seed} -v n={n} -f {script} > {output}",
        "events",
    )
    select = _stage(
        "select",
        ["init", "generate"],
        {
            "script": init["select_script"],
            "events": {"step": "generate", "output": "events"},
            "output": "{workdir}/cutflow.json",
        },
        "awk -v out={output} -f {script} {events}",
        "cutflow",
    )
    return {"stages": [generate, select]}


class Repository:
    """A checkout under git; `write` changes files, `commit` commits them and returns the commit."""

    def __init__(self, root: Path, images: ImageStore) -> None:
        self.root, self.spec = root, root / "spec"
        (self.spec / "files").mkdir(parents=True)
        self.write("recast-ci.yml", "entry: catalogue/small-1.yml\n")
        self.write("README.md", "# A small analysis\n")
        self.write(".gitignore", "recast-ci/\n")
        self.write("spec/workflow.yml", yaml.safe_dump(workflow(), sort_keys=False))
        self.write("spec/inputs.schema.json", json.dumps(SCHEMA))
        self.write("spec/files/generate.awk", GENERATE)
        self.write("spec/files/select.awk", SELECT)
        self.write_entry()
        pin(self.spec, add_busybox(images))
        self.git("init", "-q", "-b", "main")

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def write_entry(self, **changes: Any) -> None:
        version = {**ENTRY["versions"][0], **changes}
        self.write("catalogue/small-1.yml", yaml.safe_dump({**ENTRY, "versions": [version]}, sort_keys=False))

    def cut_at(self, cut: float) -> None:
        """Move the cut."""
        self.write("spec/files/select.awk", SELECT.replace("cut = 300", f"cut = {cut:g}"))

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", "-C", str(self.root), *who, *arguments], capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")


__all__ = ["ENTRY", "GENERATE", "NAME", "SELECT", "Repository", "workflow"]
