"""Steps that a person does: the run waits, the person answers, the run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Recast

HOST = {"environment_type": "localproc-env"}


def stage(name: str, after: str, parameters: dict[str, Any], process: Any, environment: Any, publisher: Any) -> Any:
    step = {"process": process, "environment": environment, "publisher": publisher}
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": parameters, "step": step}
    return {"name": name, "dependencies": [after], "scheduler": scheduler}


def frompar(**outputs: str) -> dict[str, Any]:
    return {"publisher_type": "frompar-pub", "outputmap": outputs}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    by_person = {"process_type": "manual-instructions-proc", "instructions": "Look at the plot; write what you see."}
    asks = {"publisher_type": "manual-instructions-pub", "instructions": "Which cut?"}
    read = {"process_type": "string-interpolated-cmd", "cmd": "cat {seen} > {out}; echo {cut} >> {out}"}
    seen = {"step": "look", "output": "seen"}
    cut = {"step": "choose", "output": "cut"}
    stages = [
        stage("look", "init", {"seen": "{workdir}/seen.txt"}, by_person, HOST, frompar(seen="seen")),
        stage("choose", "init", {}, None, None, asks),
        stage("use", "look", {"seen": seen, "cut": cut, "out": "{workdir}/out"}, read, HOST, frompar(out="out")),
    ]
    folder = tmp_path / "spec"
    folder.mkdir()
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return folder


@pytest.fixture
def waiting(spec: Path, recast: Recast) -> str:
    ran = recast("run", "workflow.yml", "--toplevel", spec, "--allow-host-process", "-q")
    assert ran.code == 1
    assert "Step /look/0 has to be done by a person (1 more wait" in ran.err
    assert "Look at the plot; write what you see." in ran.err
    return ran.out.strip()


def test_the_run_waits_and_goes_on(waiting: str, recast: Recast, tmp_path: Path) -> None:
    assert recast("show", waiting, "-o", "json").json["state"] == "waiting"
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen/seen.txt").write_text("a bump\n")
    assert recast("answer", waiting, "/look/0", "--files", tmp_path / "seen", "--who", "Ada").code == 0
    assert recast("resume", waiting, "-q").code == 1
    assert recast("answer", waiting, "/choose/0", "--publish", "cut=200").code == 0
    assert recast("resume", waiting, "-q").code == 0
    shown = recast("show", waiting, "-o", "json").json
    steps = {step["id"]: step for step in shown["steps"]}
    assert shown["state"] == "succeeded"
    assert steps["/look/0"]["reason"] == "done by Ada"
    assert steps["/choose/0"]["published"] == {"cut": 200}
    assert (Path(shown["directory"]) / "work/use/out").read_text() == "a bump\n200\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["/look/0"], 3, "must leave 'seen.txt'"),
        (["/look/0", "--publish", "cut=1"], 3, "publishes by itself"),
        (["/choose/0"], 3, "asks what to publish"),
        (["/use/0"], 6, "does not wait for a person"),
    ],
)
def test_wrong_answers_change_nothing(arguments: list[str], code: int, said: str, waiting: str, recast: Recast) -> None:
    answered = recast("answer", waiting, *arguments)
    assert (answered.code, said in answered.err) == (code, True), answered.err
    assert recast("show", waiting, "-o", "json").json["state"] == "waiting"


def test_a_waiting_run_can_be_cancelled(waiting: str, recast: Recast) -> None:
    assert recast("cancel", waiting).code == 0
    assert recast("show", waiting, "-o", "json").json["state"] == "cancelled"
