"""Ten thousand files into one step: long commands, path files, parameter mounts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from recast.images import ImageStore
from tests import busybox
from tests.conftest import Recast

MANY = 10_000
NAME = "a_file_with_a_name_that_is_long_enough_to_matter"

SPLIT = {
    "process": {
        "process_type": "string-interpolated-cmd",
        "cmd": 'i=0; while [ $i -lt {count} ]; do echo "$i" > {folder}/'
        + NAME
        + "_$((100000 + i)).txt; i=$((i + 1)); done",
    },
    "publisher": {"publisher_type": "fromglob-pub", "globexpression": "*.txt", "outputkey": "files"},
}


def written(folder: Path, merge: str, environment: dict[str, Any], **options: Any) -> Path:
    """Write a workflow that splits into many files and merges them."""
    publisher = {"publisher_type": "frompar-pub", "outputmap": {"out": "out"}}
    process = {"process_type": "string-interpolated-cmd", "cmd": merge}
    stages: list[dict[str, Any]] = [
        {
            "name": "split",
            "scheduler": {
                "scheduler_type": "singlestep-stage",
                "parameters": {"count": MANY, "folder": "{workdir}"},
                "step": {**SPLIT, "environment": environment},
            },
        },
        {
            "name": "merge",
            "dependencies": ["split"],
            "scheduler": {
                "scheduler_type": "singlestep-stage",
                "parameters": {"files": {"step": "split", "output": "files"}, "out": "{workdir}/sum"},
                "step": {"process": process, "environment": environment, "publisher": publisher},
            },
        },
    ]
    if options:
        stages[1]["recast"] = options
    folder.mkdir()
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return folder


@pytest.mark.parametrize("where", ["host", "container"])
@pytest.mark.parametrize(
    ("merge", "options"),
    [
        ("cat {files} > {out} # all of them", {}),
        ("xargs cat < {files} > {out}", {"path_files": ["files"]}),
    ],
    ids=["long-command", "path-file"],
)
def test_a_step_takes_ten_thousand_files(
    merge: str, options: dict[str, Any], where: str, tmp_path: Path, recast: Recast, home: Path
) -> None:
    environment: dict[str, Any] = {"environment_type": "localproc-env"}
    if where == "container":
        environment = busybox.environment()
    # A folder with a blank in its name: a host process sees real paths, and they must not fall apart.
    spec = written(tmp_path / "a spec", merge, environment, **options)
    if where == "container":
        busybox.pin(spec, busybox.add_busybox(ImageStore(home / "images")))
    folder = tmp_path / "a run"
    ran = recast("run", "workflow.yml", "--toplevel", spec, "--allow-host-process", "-q", "--workdir", folder)
    assert ran.code == 0, ran.err
    total = (folder / "work" / "merge" / "sum").read_text()
    assert total.split() == [str(i) for i in range(MANY)]


def test_path_files_must_name_parameters(tmp_path: Path, recast: Recast) -> None:
    spec = written(tmp_path / "spec", "cat {files} > {out}", {"environment_type": "localproc-env"}, path_files=["file"])
    ran = recast("run", "workflow.yml", "--toplevel", spec, "--allow-host-process", "-q")
    assert ran.code != 0
    assert "'file', which is not a parameter" in ran.err
