"""A run that leaves files of all kinds: new and known contents, links, many at once, folders; as processes or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

__all__ = ["COMMANDS", "write_workflow"]

COMMANDS = {
    "plain": "echo plain {n} > {out}",
    "again": "echo plain {n} > {out}; sleep 0.2",
    "twins": "mkdir {out}; echo twin {n} > {out}/a; ln {out}/a {out}/b; ln -s a {out}/c; cp {out}/a {out}/d",
    "slow": "mkdir {out}; echo slow {n} > {out}/a; ln {out}/a {out}/b; sleep 0.2",
    "many": "mkdir {out}; i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo $i {n} > {out}/$i; done; mkdir {out}/empty",
    "large": "head -c 3000000 /dev/zero | tr '\\0' {n} > {out}",
}


def write_workflow(folder: Path, environment: dict[str, Any] | None = None) -> Path:
    """Write `workflow.yml`, one step of each kind for each of its `numbers`; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    stages = [_stage(name, command, environment) for name, command in COMMANDS.items()]
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return folder


def _stage(name: str, command: str, environment: dict[str, Any] | None) -> dict[str, Any]:
    step = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": command},
        "environment": environment or {"environment_type": "localproc-env"},
        "publisher": {"publisher_type": "frompar-pub", "outputmap": {"out": "out"}},
    }
    parameters = {"n": {"stages": "init", "output": "numbers", "unwrap": True}, "out": f"{{workdir}}/{name}"}
    scheduler = {
        "scheduler_type": "multistep-stage",
        "parameters": parameters,
        "scatter": {"method": "zip", "parameters": ["n"]},
        "step": step,
    }
    # One after the other where the same content comes twice.
    return {"name": name, "dependencies": ["plain"] if name == "again" else ["init"], "scheduler": scheduler}
