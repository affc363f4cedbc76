"""Texts that no kernel takes, in all places of a job: a final outcome at once, no hang, and the slot lives on."""

import json
from dataclasses import replace

import pytest

from recast.executors.conformance import Case
from recast.executors.local import LocalExecutor
from recast.jobs import Artifact, FailureClass, OutputPattern
from recast.runtimes import runtime_by_name

SHA256 = "sha256:" + "0" * 64
TEXTS = {
    "a text's path": {"texts": {"/data/a\0b": "x"}},
    "a text's path in the run": {"texts": {"/recast/run/.texts/a\0b": "x"}},
    "a text's path, half a character": {"texts": {"/data/\ud800": "x"}},
    "half a character in a text": {"texts": {"/recast/run/.texts/a": "\ud800"}},
    "the command": {"command": "true \0"},
    "half a character in the command": {"command": "true \ud800"},
    "the script": {"command": None, "script": "true \ud800"},
    "the interpreter": {"command": None, "script": "true", "interpreter": "sh \0"},
    "a variable's name": {"env": {"X\0Y": "1"}},
    "a variable's value": {"env": {"X": "\0"}},
    "the folder": {"cwd": "/x\0"},
    "the work folder": {"workdir": "/recast/run/a\0"},
    "an input's path": {"inputs": (Artifact("/recast/run/a\0b", SHA256, 0),)},
    "an output": {"outputs": (OutputPattern("a\0*"),)},
}
NOT_GIVEN_TO_A_HOST_PROCESS = ("the folder", "the work folder", "a text's path", "a text's path, half a character")


@pytest.fixture(params=["host", "bubblewrap"])
def case(request, tmp_path, tmp_path_factory):
    worker = tmp_path_factory.getbasetemp() / "worker"
    runtime = runtime_by_name("bubblewrap") if request.param == "bubblewrap" else None
    image_of = (lambda _: "/") if runtime else None
    make = lambda: LocalExecutor(tmp_path / "run", tmp_path / "store", 1, runtime, image_of, worker)  # noqa: E731
    return Case(make, tmp_path / "store", SHA256 if runtime else None)


def test_a_text_that_no_kernel_takes_is_the_specs_fault(case):
    """All in one driver with one slot: the last job, a sound one, runs in it."""
    bad = [replace(case.job("true"), **changed) for changed in TEXTS.values()]
    *ended, sound = case.run(*bad, case.job("echo 1 > x", ["x"]))
    for name, status in zip(TEXTS, ended, strict=True):
        if case.image is None and name in NOT_GIVEN_TO_A_HOST_PROCESS:
            continue
        assert status.outcome is not None, (name, status)
        assert status.outcome.failure in (FailureClass.SPEC, FailureClass.STAGING), (name, status)
    assert sound.outcome is not None and sound.outcome.succeeded


@pytest.fixture
def refused(attempt, tmp_path):
    """Run a workflow of one step, whose parameter `x` holds a text; return what was said."""

    def run(text, cmd="echo {x}", name="x"):
        publisher = {"publisher_type": "constant-pub", "publish": {}}
        process = {"process_type": "string-interpolated-cmd", "cmd": cmd}
        step = {"process": process, "environment": {"environment_type": "localproc-env"}, "publisher": publisher}
        scheduler = {"scheduler_type": "singlestep-stage", "parameters": {"x": text}, "step": step}
        stages = [{"name": name, "dependencies": ["init"], "scheduler": scheduler}]
        (tmp_path / "workflow.yml").write_text(json.dumps({"stages": stages}))
        command = ["run", "workflow.yml", "--toplevel", ".", "--allow-host-process", "-q", "--no-cache"]
        (answer,) = attempt([command], tmp_path, tmp_path.parent / f"{tmp_path.name}-home")
        assert "Traceback" not in answer["out"] + answer["err"], answer
        return answer

    return run


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_a_run_of_such_a_text_ends_at_once_and_says_why(refused, text):
    answer = refused(text)
    assert answer["code"] in (1, 3), answer
    assert "NUL" in answer["err"] or "invalid Unicode" in answer["err"], answer
