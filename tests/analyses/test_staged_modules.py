"""Each step of a shipped entry names the modules that its script imports, so that they lie beside it where it runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

VERSIONS = sorted(path.parent.relative_to(ROOT / "specs") for path in (ROOT / "specs").glob("*/*/workflow.yml")
                  if re.fullmatch(r"[\d.]+", path.parent.name))  # fmt: skip


def imported(script: Path) -> set[str]:
    """Return the modules of the script's own folder that it needs, at first or later hand."""
    found: set[str] = set()
    wanted = [script]
    while wanted:
        for node in ast.walk(ast.parse(wanted.pop().read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if (script.parent / f"{name}.py").is_file() and name not in found:
                    found.add(name)
                    wanted.append(script.parent / f"{name}.py")
    return found


def stages(entry: str, version: str) -> Iterator[tuple[str, list[Path], set[str]]]:
    """Yield name, scripts and staged modules of each stage."""
    folder = ROOT / "specs" / entry / version
    versions = yaml.safe_load((ROOT / "catalogue" / f"{entry}.yml").read_text())["versions"]
    (init,) = [it["init"] for it in versions if it["version"] == version]
    steps: dict[str, Any] = yaml.safe_load((folder / "steps.yml").read_text())
    for stage in yaml.safe_load((folder / "workflow.yml").read_text())["stages"]:
        command = steps[stage["scheduler"]["step"]["$ref"].partition("#/")[2]]["process"]["cmd"]
        values = stage["scheduler"]["parameters"]
        files = {
            name: folder / init[values[name]["output"]]
            for name in re.findall(r"\{(\w+)\}", command)
            if isinstance(values.get(name), dict) and str(init.get(values[name].get("output"), "")).endswith(".py")
        }
        run = re.findall(r"python3 \{(\w+)\}", command)
        yield stage["name"], [files[name] for name in run], {files[name].stem for name in files if name not in run}


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_all_that_a_script_imports_is_staged_with_it(version: Path) -> None:
    for name, run, staged in stages(*version.parts):
        assert run, f"{name} runs no script"
        wanted = set().union(*map(imported, run))
        assert wanted <= staged, f"{version}, stage {name}: imported {sorted(wanted)}, staged {sorted(staged)}"
