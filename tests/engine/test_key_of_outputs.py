"""What decides whether a step succeeds counts in the cache: a step that may leave nothing answers for no other."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import yaml

from recast.engine.make_job import cache_key
from recast.reports.differences.key_changes import changes_between, in_words
from recast.spec import load_workflow
from recast.workflow import Expansion, is_job
from recast.workflow.programs import no_jq
from tests.conftest import Recast

HOST = {"environment_type": "localproc-env"}


def interpolated(text: str, glob: bool = True) -> dict[str, Any]:
    return {"publisher_type": "interpolated-pub", "glob": glob, "publish": {"o": text}}


PUBLISHERS: dict[str, dict[str, Any]] = {
    "a glob that may match nothing": {"publisher_type": "fromglob-pub", "outputkey": "o", "globexpression": "*.root"},
    "a glob that must match": interpolated("{workdir}/*.root"),
    "a file": interpolated("{workdir}/o.yml", glob=False),
    "a file that may be missing": {"publisher_type": "fromglob-pub", "outputkey": "o", "globexpression": "o.yml"},
    "the content of a file": {"publisher_type": "fromyaml-pub", "yamlfile": "o.yml"},
    "a file and its folder": {
        "publisher_type": "interpolated-pub",
        "publish": {"o": "{workdir}/o.yml", "all": "{workdir}"},
    },
}


def write(folder: Path, publisher: dict[str, Any], command: str = "touch x", **options: Any) -> None:
    process = {"process_type": "string-interpolated-cmd", "cmd": command}
    step = {"process": process, "environment": HOST, "publisher": publisher}
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": {}, "step": step}
    folder.mkdir(exist_ok=True)
    stage = {"name": "a", "dependencies": ["init"], "scheduler": scheduler, **options}
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": [stage]}))


def key(folder: Path) -> str | None:
    expansion = Expansion(load_workflow("workflow.yml", folder).workflow, jq=no_jq)
    expansion.start({}, {})
    (step,) = filter(is_job, expansion.steps)
    return cache_key(step, {}, expansion.directories)


def test_publishers_that_judge_differently_have_different_keys(tmp_path: Path) -> None:
    keys = {}
    for name, publisher in PUBLISHERS.items():
        write(tmp_path, publisher)
        keys[name] = key(tmp_path)
    for one, other in itertools.combinations(keys, 2):
        assert keys[one] != keys[other], (one, other)


def test_an_output_that_the_stage_lets_be_missing_counts(tmp_path: Path) -> None:
    write(tmp_path, PUBLISHERS["a file"])
    must = key(tmp_path)
    write(tmp_path, PUBLISHERS["a file"], recast={"optional_outputs": ["o.yml"]})
    assert key(tmp_path) != must


def test_what_changed_is_said() -> None:
    same = {"image": None, "process": ["cmd", "x", "sh"], "arguments": {}, "environment": None, "network": False}
    before, after = {**same, "outputs": ["*"], "optional": ["*"]}, {**same, "outputs": ["*"], "document": "o.yml"}
    words = in_words(changes_between(before, after))
    assert words.split("; ") == [
        'the files that may be missing changed: ["*"] -> []',
        "the file whose content is published changed: '' -> 'o.yml'",
    ]


def test_a_step_that_left_nothing_is_no_success_of_one_that_must(tmp_path: Path, recast: Recast) -> None:
    arguments = ("run", "workflow.yml", "--toplevel", tmp_path / "spec", "--allow-host-process", "-q")
    write(tmp_path / "spec", PUBLISHERS["a glob that may match nothing"])
    assert recast(*arguments).code == 0
    write(tmp_path / "spec", PUBLISHERS["a glob that must match"])
    assert recast(*arguments).code == 1
