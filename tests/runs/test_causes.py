"""Causes that a machine can recognise: the name, and the line to type; passwords are told of and never shown."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from recast.engine.overrides import NO_OVERRIDES
from recast.jobs import FailureClass
from recast.prepare.passwords import is_password, without_passwords
from recast.reports.failure_causes import cause_of
from recast.site.lent import said_of
from recast.spec.model import ContainerEnvironment, HostEnvironment
from tests.conftest import Recast

CONTAINER = ContainerEnvironment(image="x", tag="1")
CVMFS = ContainerEnvironment(image="x", tag="1", resources=("CVMFS",))


def told(log: str, environment: Any = CONTAINER, given: Any = None, options: Any = None) -> str | None:
    stage = SimpleNamespace(name="get", options=options or {})
    packtivity = SimpleNamespace(environment=environment)
    arguments = dict(given or {})
    step = SimpleNamespace(id="/get/0", stage=stage, packtivity=packtivity, arguments=arguments)
    run = SimpleNamespace(step=step, failure=FailureClass.USER)
    plan = SimpleNamespace(overrides=NO_OVERRIDES)
    live = SimpleNamespace(request=SimpleNamespace(given=given or {}), engine=SimpleNamespace(plan=plan))
    cause = cause_of(cast("Any", live), cast("Any", run), f"first line\n{log}\nlast line")
    assert cause is None or (cause.next_step and "\x1b" not in cause.name)
    return cause.name if cause else None


@pytest.mark.parametrize(
    "log",
    [
        "wget: bad address 'example.org'",
        "wget: unable to resolve host address 'example.org'",
        "curl: (6) Could not resolve host: example.org",
        "[FATAL] Invalid address: (source)",
        'kinit: Cannot find KDC for realm "CERN.CH" while getting initial credentials',
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
        "connect: Network is unreachable",
        "ssh: Could not resolve hostname lxplus.cern.ch: Name or service not known",
    ],
)
def test_commands_that_ask_the_network(log: str) -> None:
    assert told(log) == "no-network"
    assert told(log, options={"network": True}) is None
    assert told(log, HostEnvironment()) is None


def test_writing_into_the_image() -> None:
    assert told("touch: /opt/x: Read-only file system") == "read-only"
    assert told("OSError: [Errno 30] Read-only file system: '/analysis/out'") == "read-only"


def test_cvmfs_not_asked_for_and_empty() -> None:
    log = "sh: 1: .: cannot open /cvmfs/atlas.cern.ch/setup.sh: No such file"
    assert told(log) == "cvmfs-not-asked"
    assert told(log, CVMFS) == "cvmfs-empty"


def test_an_input_that_nobody_handed_in() -> None:
    log = "cat: data/x.txt: No such file or directory"
    assert told(log, HostEnvironment(), {"data": "data/x.txt"}) == "input-not-found"
    assert told(log, HostEnvironment(), {"data": "other.txt"}) is None
    assert told("Segmentation fault", HostEnvironment(), {"data": "data/x.txt"}) is None


def test_a_variable_that_names_an_empty_folder(tmp_path: Path) -> None:
    assert "is empty" in said_of("cvmfs", {"RECAST_CVMFS": str(tmp_path)})
    assert "not a folder" in said_of("cvmfs", {"RECAST_CVMFS": str(tmp_path / "no")})
    assert said_of("cvmfs", {}) == ""


@pytest.mark.parametrize("name", ["eospass", "krb_pass", "password", "db_password", "api_token", "EOSPASS", "pwd"])
def test_names_of_passwords(name: str) -> None:
    assert is_password(name, "hunter22x")


@pytest.mark.parametrize("name", ["compass", "bypass", "passes", "mass", "password_file", "npass"])
def test_other_names(name: str) -> None:
    assert not is_password(name, "hunter22x")


def test_a_file_of_events_that_pass_is_no_password() -> None:
    assert not is_password("n_pass", "/recast/run/a/pass.root")


def test_passwords_are_hidden_wherever_a_step_hands_them_on_and_words_under_their_own_name_alone() -> None:
    given = {"eospass": "hunter22x", "n_pass": "baseline"}
    document = {"p": ["echo hunter22x", "baseline"], "n_pass": "baseline", "a": 1}
    assert without_passwords(document, given) == {"p": ["echo ***", "baseline"], "n_pass": "***", "a": 1}


WORKFLOW = """
stages:
- name: a
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {data: {step: init, output: data}, eospass: {step: init, output: eospass}}
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'test -n {eospass} && cat {data}'}
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: constant-pub, publish: {}}
"""


def test_run_and_explain_say_cause_and_line_and_no_password(tmp_path: Path, recast: Recast) -> None:
    (tmp_path / "wf.yml").write_text(WORKFLOW)
    given = ("-p", "data=data/x.txt", "-p", "eospass=hunter22x")
    ran = recast("run", tmp_path / "wf.yml", *given, "--allow-host-process")
    assert ran.code == 1
    assert "'eospass' looks like a password" in ran.err
    assert "--initdir DIR" in ran.err
    assert "hunter22x" not in ran.err
    run = ran.out.strip()
    explained = recast("explain", run, "a", "-o", "json").json
    assert explained["cause"]["name"] == "input-not-found"
    assert explained["next"][0] == explained["cause"]["next"]
    for command in (
        ("show", run, "-o", "json"),
        ("show", run),
        ("explain", run, "a"),
        ("explain", run, "a", "-o", "json"),
    ):
        assert "hunter22x" not in recast(*command).out


def test_nothing_that_is_told_of_a_run_holds_its_passwords(tmp_path: Path, recast: Recast) -> None:
    published = (
        "{publisher_type: interpolated-pub, publish: {pass: '{workdir}/p.root', eospass: '{eospass}', p: '{eospass}'}}"
    )
    workflow = WORKFLOW.replace("{publisher_type: constant-pub, publish: {}}", published)
    (tmp_path / "wf.yml").write_text(workflow.replace("&& cat {data}", "&& touch p.root"))
    runs = [
        recast("run", tmp_path / "wf.yml", "-p", "data=1", "-p", f"eospass={word}", "--allow-host-process").out.strip()
        for word in ("hunter22x", "hunter33x")
    ]
    assert recast("show", runs[1], "-o", "json").json["steps"][-1]["published"]["pass"] == "a/p.root"
    for command in (
        *(("show", runs[1]), ("explain", runs[1], "a"), ("results", runs[1]), ("diff", *runs)),
        *(("show", runs[1], "-o", "json"), ("explain", runs[1], "a", "-o", "json"), ("diff", *runs, "-o", "json")),
        *(("results", runs[1], "-o", "json"), ("results", runs[1], "--export", "json", tmp_path / "tables")),
        ("results", runs[1], "--export", "ro-crate", tmp_path / "crate"),
    ):
        told = recast(*command)
        assert "hunter" not in told.out + told.err, command
    assert "*** -> ***" in recast("diff", *runs).out
    for path in (tmp_path / "crate" / "inputs.json", tmp_path / "crate" / "ro-crate-metadata.json"):
        assert "hunter" not in path.read_text()
    assert "hunter" not in (tmp_path / "tables" / "results.json").read_text()


@pytest.mark.parametrize(("command", "word"), [("exit 3", "is a new run"), ("echo \0", "run it again, as a new run")])
def test_what_a_changed_workflow_needs_is_said(tmp_path: Path, recast: Recast, command: str, word: str) -> None:
    (tmp_path / "wf.yml").write_text(WORKFLOW.replace("'test -n {eospass} && cat {data}'", json.dumps(command)))
    ran = recast("run", tmp_path / "wf.yml", "-p", "data=1", "-p", "eospass=2", "--allow-host-process")
    assert ran.code == 1
    assert word in ran.err
