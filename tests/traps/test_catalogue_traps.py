"""The traps of the recast-atlas command line (its `catalogue`, `run` and `backends`), and what happens here."""

from __future__ import annotations

import json
import os

import pytest

from tests.conftest import TESTSPECS
from tests.traps.conftest import told

GOOD = """\
name: group/{name}
metadata: {{author: me, short_description: Says hello}}
spec: {{workflow: workflow.yml}}
example_inputs: {{default: {{initdata: {{}}}}}}
results: []
"""

BAD = {
    "broken YAML": ("name: [", "not valid YAML"),
    "no short_description": (GOOD.format(name="bad").replace(", short_description: Says hello", ""), ""),
    "a mistyped key": (GOOD.format(name="bad").replace("name: group", "nme: group"), "did you mean 'name'"),
    "no mapping": ("- a\n- b\n", ""),
    "nothing": ("", ""),
    "binary": ("\x00\x01", ""),
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "entries").mkdir()
    (tmp_path / "entries/good.yml").write_text(GOOD.format(name="good"))
    (tmp_path / "entries/workflow.yml").write_text("stages: []\n")
    return tmp_path / "entries"


@pytest.mark.parametrize(
    "arguments", [("run", "no/such"), ("catalogue", "show", "no-such"), ("catalogue", "check", "no/such")], ids=" ".join
)
def test_an_unknown_entry_is_named(recast, arguments):
    """recast-atlas: KeyError with a traceback; `check` offline says "Sadly something is wrong :(", rc 0."""
    answer = recast(*arguments)
    told(answer, 6, arguments[-1])


@pytest.mark.parametrize("name", BAD)
def test_one_bad_file_does_not_break_every_command(recast, folder, name):
    """recast-atlas: every command crashes; with a mistyped key the entry is silently missing."""
    text, words = BAD[name]
    (folder / "bad.yml").write_text(text)
    answer = recast("catalogue", "add", folder, "-o", "json")
    assert "Traceback" not in answer.err
    assert "good.yml" in answer.out
    listed = recast("catalogue", "ls", "-o", "json")
    assert listed.code == 0
    assert "group/good" in listed.out
    assert words in answer.err + answer.out
    assert "bad.yml" in answer.err + answer.out


def test_two_files_with_one_name_are_refused_each_time(recast, folder, monkeypatch):
    """recast-atlas: the winner changes from run to run."""
    (folder / "again.yml").write_text(GOOD.format(name="good"))
    for seed in "012":
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        answer = recast("catalogue", "add", folder, "-o", "json")
        assert answer.code == 3
        assert {row["state"] for row in json.loads(answer.out) if row["name"] == "group/good"} == {"refused"}


def test_a_run_without_docker_and_graphviz_succeeds(recast, tmp_path, monkeypatch):
    """recast-atlas: the workflow finishes, then "Workflow failed" and no result, because `dot` is missing."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "env", "echo", "cat", "test", "true", "tee"):
        found = next(folder for folder in ("/bin", "/usr/bin") if os.path.exists(f"{folder}/{name}"))
        (tools / name).symlink_to(f"{found}/{name}")
    monkeypatch.setenv("PATH", str(tools))
    arguments = ("workflow.yml", "--toplevel", TESTSPECS / "local-helloworld", "-p", "par=value")
    told(recast("run", *arguments, "--allow-host-process"), 0)


def test_the_state_of_the_machine_is_told_without_docker(recast, tmp_path, monkeypatch):
    """recast-atlas: `backends ls --check` calls the local one NOT OK where there is no docker daemon."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    answer = recast("doctor", "-o", "json")
    assert "Traceback" not in answer.err
    checks = answer.json["checks"]
    assert all(check["ok"] or check["fix"] for check in checks)
