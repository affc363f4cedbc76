"""A published version that takes files, and a server that has some."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from recast.images import ImageStore
from tests.busybox import add_busybox, environment, pin
from tests.conftest import Recast
from tests.remote.loopback import Loopback, serving

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "slha": {
            "type": "string",
            "format": "file",
            "pattern": r"\.slha$",
            "description": "Spectrum of the model, in the SUSY Les Houches Accord.",
            "x-recast": {"max_bytes": 1000},
        },
        "lhe": {"type": "array", "items": {"type": "string", "format": "file"}, "default": []},
        "mass": {"type": "number", "minimum": 100, "maximum": 3000, "default": 500, "x-recast": {"unit": "GeV"}},
    },
    "required": ["slha"],
    "additionalProperties": False,
}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


class Published:
    """The entry of `files-1` in a checkout; `publish` puts it into the catalogue of this test."""

    def __init__(self, root: Path, recast: Recast, image: str) -> None:
        self.spec, self.entry_file = root / "spec", root / "files-1.yml"
        self._recast = recast
        (self.spec / "files").mkdir(parents=True)
        (self.spec / "files/example.slha").write_text("example\n")
        (self.spec / "files/table.txt").write_text("table\n")
        (self.spec / "inputs.schema.json").write_text(json.dumps(SCHEMA))
        (self.spec / "workflow.yml").write_text(yaml.safe_dump(_workflow()))
        pin(self.spec, image)
        self.entry = _entry()

    def publish(self, **version: Any) -> Any:
        self.entry["versions"][0] |= version
        self.entry_file.write_text(yaml.safe_dump(self.entry))
        return self._recast("publish", self.entry_file)


@pytest.fixture
def files_1(recast: Recast, home: Path, tmp_path: Path) -> Published:
    return Published(tmp_path / "checkout", recast, add_busybox(ImageStore(home / "images")))


def _workflow() -> dict[str, Any]:
    names = ("slha", "table", "mass")
    parameters: dict[str, Any] = {name: {"step": "init", "output": name} for name in names}
    parameters |= {"lhe": {"step": "init", "output": "lhe"}, "out": "{workdir}/out.txt"}
    step = {
        "process": {
            "process_type": "string-interpolated-cmd",
            "cmd": "cat {slha} {table} {lhe} > {out}; echo {slha} {mass} >> {out}",
        },
        "environment": environment(),
        "publisher": {"publisher_type": "frompar-pub", "outputmap": {"out": "out"}},
    }
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": parameters, "step": step}
    return {"stages": [{"name": "join", "dependencies": ["init"], "scheduler": scheduler}]}


def _entry() -> dict[str, Any]:
    return {
        "analysis": "files-1",
        "title": "Takes files",
        "collaboration": "ATLAS",
        "abstract": "Joins files.",
        "references": {},
        "sqrts_tev": 13,
        "luminosity_inv_fb": 139,
        "final_states": ["files"],
        "models": ["none"],
        "authority": "community",
        "versions": [
            {
                "version": "1.0.0",
                "source": "spec",
                "init": {"table": "files/table.txt"},
                "examples": {
                    "demo": {"description": "A file of ours.", "inputs": {"slha": "bundle:files/example.slha"}}
                },
                "results": [{"name": "out", "type": "file", "stage": "join", "output": "out"}],
            }
        ],
    }
