"""What yadage lets pass in silence, or fails on without a word of help, and what is said here instead.

One test for each trap of yadage 0.21.2 that was reproduced; the docstring says what yadage does.
"""

from __future__ import annotations

import json

import pytest

from tests.conftest import TESTSPECS
from tests.traps.conftest import stage, told

ZIP = {"method": "zip", "parameters": ["x", "y"]}


def test_missing_inputs(recast, home):
    """yadage: 0 nodes, "workflow completed successfully", rc 0."""
    folder = TESTSPECS / "dynamic_mapreduce_fromfile"
    answer = recast("run", "workflow.yml", "--toplevel", folder, "--allow-host-process")
    told(answer, 3, "'url' is missing", "workflow.yml:", "-p url=")
    assert not (home / "runs").exists()


def test_a_typo_in_dependencies(run, home):
    """yadage: validates, the stage never runs, rc 0."""
    answer = run(stage("prepare", ["init"]), stage("fit", ["perpare"]))
    told(answer, 3, "[spec.unknown-dependency]", "'perpare'", "Did you mean 'prepare'?", "workflow.yml:")
    assert not (home / "runs").exists()


def test_an_unknown_scatter_method(run):
    """yadage: zero steps, rc 0."""
    scatter = {"method": "zipp", "parameters": ["x"]}
    told(run(stage("a", ["init"], {"x": [1]}, scatter=scatter)), 3, "'zipp'", "Did you mean 'zip'?", "workflow.yml:")


def test_lists_of_unequal_length_in_the_spec(run):
    """yadage: 2 steps of 3, rc 0."""
    answer = run(stage("a", ["init"], {"x": [1, 2, 3], "y": [1, 2]}, scatter=ZIP))
    told(answer, 3, "unequal length", "x has 3, y has 2", "workflow.yml:")


def test_lists_of_unequal_length_in_the_inputs(run, home):
    """yadage: 2 steps of 3, rc 0."""
    given = {name: {"step": "init", "output": name} for name in "xy"}
    answer = run(stage("a", ["init"], given, scatter=ZIP), arguments=("-p", "x=[1, 2, 3]", "-p", "y=[1, 2]"))
    told(answer, 3, "3", "2", "workflow.yml:")
    assert not (home / "runs").exists()


def test_lists_of_unequal_length_that_only_a_step_knows(run):
    """yadage: 2 steps of 3, rc 0."""
    made = stage("make", ["init"], command="touch a1 a2 a3 b1 b2", publish={"x": ["a*"], "y": ["b*"]})
    made["scheduler"]["step"]["publisher"] |= {"glob": True, "relative_paths": True}
    given = {name: {"step": "make", "output": name, "flatten": True} for name in "xy"}
    for value in given.values():
        value["stages"] = value.pop("step")
        value["unwrap"] = True
    answer = run(made, stage("a", ["make"], given, scatter=ZIP))
    assert answer.code in (1, 3), answer.err
    told(answer, answer.code, "3", "2")


def test_two_stages_of_one_name(run):
    """yadage: accepted."""
    told(run(stage("a", ["init"]), stage("a", ["init"])), 3, "Two stages are named 'a'", "workflow.yml:", "Rename")


def test_a_step_that_leaves_out_a_declared_output(run, recast):
    """yadage: success, rc 0; the path of the missing file is handed on."""
    writing = stage("write", ["init"], command="echo not me > other.txt", publish={"out": "{workdir}/result.txt"})
    reading = stage("read", ["write"], {"file": {"step": "write", "output": "out"}}, "cat {file}")
    told(run(writing, reading), 1, "/write/0", "result.txt", ", log ", "recast resume")
    states = {step["id"]: step["state"] for step in recast("show", "last", "-o", "json").json["steps"]}
    assert states["/write/0"] == "failed"
    assert states.get("/read/0") != "succeeded"


@pytest.mark.parametrize("value", [True, None])
def test_a_parameter_that_is_a_boolean_or_null(run, value):
    """yadage: prints the whole stage, "is not valid under any of the given schemas"."""
    answer = run(stage("a", ["init"], {"flag": value}, "echo {flag}"))
    told(answer, 3, "[spec.parameter-type]", "workflow.yml:", "/parameters/flag", "Write ")
    assert "scheduler_type" not in answer.err
    assert len(answer.err) < 1000


def test_a_failure_names_step_log_and_exit_code(run, recast):
    """yadage: 70 lines of log, an OSError of its own, "workflow finished but failed"."""
    answer = run(stage("fit", ["init"], command="echo this is why >&2; exit 7"))
    told(answer, 1, "/fit/0", "exit code 7", "this is why", ", log ", "recast resume")
    assert "this is why" in recast("logs", "last", "/fit/0").out


def test_independent_branches_go_on_after_a_failure(run, recast):
    """yadage (foregroundasync): the exception ends the scheduler, nothing else runs."""
    answer = run(
        stage("bad", ["init"], {"out": "{workdir}/x"}, "exit 1", {"x": "{out}"}),
        stage("good", ["init"], {"out": "{workdir}/x"}, "sleep 0.1; touch {out}", {"x": "{out}"}),
        stage("better", ["good"], {"file": {"step": "good", "output": "x"}}, "test -f {file}"),
        stage("worse", ["bad"], {"file": {"step": "bad", "output": "x"}}, "test -f {file}"),
        arguments=("--max-parallel", "1"),
    )
    told(answer, 1, "/bad/0")
    states = {step["id"]: step["state"] for step in recast("show", "last", "-o", "json").json["steps"]}
    assert (states["/bad/0"], states["/good/0"], states["/better/0"]) == ("failed", "succeeded", "succeeded")
    assert states.get("/worse/0") in (None, "skipped", "waiting")


def test_a_command_longer_than_a_command_line_may_be(run, recast):
    """yadage: one `sh -c` argument is limited to 128 KiB, some 2500 paths; then "Argument list too long"."""
    values = [f"/data/a-rather-long-folder/sample-{i:05}.root" for i in range(5000)]
    given = {"files": values, "out": "{workdir}/count"}
    answer = run(stage("reduce", ["init"], given, "echo {files} | wc -w > {out}", {"count": "{out}"}))
    told(answer, 0)
    (step,) = [step for step in recast("show", "last", "-o", "json").json["steps"] if step["stage"] == "reduce"]
    assert step["state"] == "succeeded"


def test_workdir_handed_into_a_sub_workflow(run):
    """yadage: "Workflow failed: 'workdir'"."""
    inner = stage("in", ["init"], {"p": {"step": "init", "output": "p"}}, "echo {p}")
    outer = stage("sub", ["init"], {"p": "{workdir}/x"})
    outer["scheduler"]["workflow"] = {"stages": [inner]}
    del outer["scheduler"]["step"]
    told(run(outer), 3, "[spec.workdir]", "{workdir}", "sub-workflow", "workflow.yml:")


def test_a_stage_that_never_ran_fails_the_run(run, recast):
    """yadage: "workflow completed successfully" with stages that were never applied, rc 0."""
    empty = stage(
        "none", ["init"], {"x": {"step": "init", "output": "x"}}, scatter={"method": "zip", "parameters": ["x"]}
    )
    answer = run(empty, stage("after", ["none"]), arguments=("-p", "x=[]"))
    assert answer.code != 0, answer.err
    told(answer, answer.code, "after")


def test_a_script_on_the_host(run):
    """yadage: KeyError 'command'."""
    script = {"process_type": "interpolated-script-cmd", "script": "test {x} = 1", "interpreter": "sh"}
    scripted = stage("a", ["init"], {"x": 1})
    scripted["scheduler"]["step"]["process"] = script
    told(run(scripted), 0)


def test_running_twice_into_one_folder_needs_a_word(run, tmp_path):
    """yadage: "metadir exists", or with --accept-metadir starts over on top of the old files."""
    arguments = ("--workdir", str(tmp_path / "out"))
    told(run(stage("a", ["init"]), arguments=arguments), 0)
    told(run(stage("a", ["init"]), arguments=arguments), 2, "not empty")


def test_a_tampered_output_is_not_believed(run, recast, tmp_path):
    """yadage -c checksums hashes everything at each check; here content addresses say it."""
    told(run(stage("a", ["init"], {"out": "{workdir}/x"}, "echo 1 > {out}", {"x": "{out}"})), 0)
    told(run(stage("a", ["init"], {"out": "{workdir}/x"}, "echo 2 > {out}", {"x": "{out}"})), 0)
    (step,) = [step for step in recast("show", "last", "-o", "json").json["steps"] if step["stage"] == "a"]
    assert json.dumps(step["cached"]) == "false"
