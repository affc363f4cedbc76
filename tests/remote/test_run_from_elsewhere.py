"""`recast run` and `recast catalogue` with specs, inputs and entries of a server, from command line to record."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from recast.cli.app import run
from tests.remote.loopback import COMMIT, OTHER_COMMIT, Reply, github, tarball

WORKFLOW = """
stages:
- name: hello
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {name: {step: init, output: name}, outputfile: '{workdir}/out.yml'}
    step: {$ref: 'steps.yml#hello'}
"""
STEPS = """
hello:
  process: {process_type: string-interpolated-cmd, cmd: 'echo "hello: $(cat {name} || echo {name})" > {outputfile}'}
  publisher: {publisher_type: frompar-pub, outputmap: {out: outputfile}}
  environment: {environment_type: localproc-env}
"""
ENTRY = """
name: group/hello
metadata: {author: me, short_description: Says hello}
spec: {workflow: workflow.yml}
example_inputs:
  default: {initdata: {name: who.txt}, dataopts: {initdir: inputdata}}
results:
- {name: greeting, relpath: hello/out.yml, load_yaml: true}
tests:
- name: step
  spec: steps.yml#/hello
  parameters: {name: '{readdir0}/who.txt', outputfile: '{workdir}/out.yml', verbose: true}
  data: [inputdata]
"""
PROJECT = {
    "recast.yml": ENTRY,
    "specs/workflow.yml": WORKFLOW,
    "specs/steps.yml": STEPS,
    "inputdata/who.txt": "Ada",
}
CORPUS = Path(__file__).parents[1] / "data/corpus"
HOST = "--allow-host-process"


@pytest.fixture
def call(capfd):
    """Call a command; return its exit code, stdout and stderr."""

    def command(*arguments):
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return command


def shown(call):
    return json.loads(call("show", "last", "-o", "json")[1])


def test_a_run_records_where_its_spec_came_from(forges, call):
    github(forges, PROJECT)
    toplevel = "github:org/repo:specs"
    code, _, err = call("run", "raw_with_defaults:workflow.yml", "--toplevel", toplevel, "-p", "name=x", HOST)
    assert code == 0, err
    assert f"toplevel github:org/repo@main:specs, commit {COMMIT}, sha256:" in call("show", "last")[1]
    origin = shown(call)["origin"]["toplevel"]
    assert (origin["commit"], origin["ref"], origin["repository"]) == (COMMIT, "main", "org/repo")
    assert origin["files"] == {
        name: hashlib.sha256(PROJECT[f"specs/{name}"].encode()).hexdigest() for name in ("workflow.yml", "steps.yml")
    }


def test_a_workflow_elsewhere_in_one_piece(forges, call):
    github(forges, PROJECT)
    code, _, err = call("run", "github:org/repo:specs/workflow.yml", "-p", "name=x", HOST)
    assert code == 0, err
    assert shown(call)["origin"]["toplevel"]["toplevel"] == "github:org/repo@main:specs"
    forges.add("/s/workflow.yml", WORKFLOW)
    forges.add("/s/steps.yml", STEPS)
    assert call("plan", f"{forges.url}/s/workflow.yml", "-p", "name=x", HOST)[0] == 0


def test_a_run_goes_on_from_its_own_copy(forges, call):
    github(forges, PROJECT)
    call("run", "workflow.yml", "--toplevel", "github:org/repo:specs", "-p", "name=x", HOST)
    github(forges, {**PROJECT, "specs/steps.yml": "hello: changed"}, commit=OTHER_COMMIT)
    count = len(forges.seen)
    assert shown(call)["state"] == "succeeded"
    assert call("logs", "last")[0] == 0
    assert len(forges.seen) == count


def test_without_a_network_it_is_said(forges, call):
    github(forges, PROJECT)
    arguments = ("run", "workflow.yml", "--toplevel", "github:org/repo:specs", "-p", "name=x", HOST)
    call(*arguments)
    forges.add("/repos/org/repo/commits/main", Reply(b"", 500))
    code, _, err = call(*arguments)
    assert code == 0
    assert "continuing with the commit of main" in err
    assert "continuing" in shown(call)["origin"]["toplevel"]["note"]


@pytest.mark.parametrize(("reply", "code"), [(500, 4), (401, 5), (404, 6)])
def test_exit_codes(forges, call, reply, code):
    forges.add("/repos/org/repo/commits/main", Reply(b"", reply))
    found, _, err = call("run", "workflow.yml", "--toplevel", "github:org/repo", "-p", "name=x")
    assert found == code
    assert "next" in err
    assert "Traceback" not in err


def test_another_dialect_is_refused_by_name(call, tmp_path):
    code, _, err = call("run", "cwl:workflow.yml", "--toplevel", tmp_path)
    assert (code, "'cwl'" in err) == (2, True)


def test_a_plan_of_a_spec_elsewhere(server, call):
    server.add("/specs/workflow.yml", WORKFLOW)
    server.add("/specs/steps.yml", STEPS)
    code, out, _ = call("plan", "workflow.yml", "--toplevel", f"{server.url}/specs", "-p", "name=x", HOST, "-o", "json")
    assert code == 0
    assert [step["id"] for step in json.loads(out)["steps"]] == ["/init/0", "/hello/0"]


def archive(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def local_spec(tmp_path):
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "workflow.yml").write_text(WORKFLOW)
    (folder / "steps.yml").write_text(STEPS)
    return folder


def test_an_input_archive(server, call, tmp_path):
    url = server.add("/in.zip", archive({"top/data/who.txt": "Ada"}))
    code, _, err = call(
        "run", "workflow.yml", "--toplevel", local_spec(tmp_path), "-p", "name=who.txt", HOST,
        "--input-archive", url, "--archive-match", "*/data/",
    )  # fmt: skip
    assert code == 0, err
    document = shown(call)
    assert document["origin"]["input_archive"]["location"] == url
    assert document["origin"]["input_archive"]["match"] == "*/data/"
    assert document["steps"][0]["published"]["name"] == "init/who.txt"
    assert call("logs", "last")[0] == 0


def test_archive_options_that_make_no_sense(call, tmp_path):
    spec = ("workflow.yml", "--toplevel", local_spec(tmp_path), "-p", "name=x")
    assert call("run", *spec, "--archive-match", "x/")[0] == 2
    assert call("run", *spec, "--input-archive", "x.zip", "--initdir", tmp_path)[0] == 2
    assert call("run", *spec, "--input-archive", "no.zip")[0] == 6


def test_an_entry_of_a_repository(forges, call):
    github(forges, PROJECT)
    assert call("catalogue", "add", "github:org/repo:recast.yml")[0] == 0
    assert json.loads(call("catalogue", "ls", "-o", "json")[1])[0]["state"] == "imported: floating"
    assert call("catalogue", "check", "group/hello")[0] == 0
    code, _, err = call("run", "group/hello", HOST)
    assert code == 0, err
    assert "those of the example 'default'" in err
    document = shown(call)
    assert document["origin"]["entry"]["name"] == "group/hello"
    assert document["origin"]["toplevel"]["commit"] == COMMIT
    (result,) = json.loads(call("results", "last", "-o", "json")[1])["results"]
    assert (result["name"], result["value"]) == ("greeting", {"hello": "Ada"})
    assert "group/hello" in call("runs")[1]


def test_a_test_of_an_entry(forges, call):
    github(forges, PROJECT)
    call("catalogue", "add", "github:org/repo")
    code, _, err = call("run", "group/hello", "--example", "step", HOST)
    assert code == 0, err
    assert [step["id"] for step in shown(call)["steps"]] == ["/init/0", "/step/0"]
    code, _, err = call("run", "group/hello", "--example", "stp", HOST)
    assert (code, "default, step" in err) == (6, True)


def test_an_entry_of_a_web_server(server, call):
    for name in ("recast.yml", "specs/workflow.yml", "specs/steps.yml"):
        server.add(f"/project/{name}", PROJECT[name])
    server.add("/project/index.yml", "{name: all, tags: [web], recast_catalogue_entries: [recast.yml]}")
    assert call("catalogue", "add", f"{server.url}/project/index.yml")[0] == 0
    code, _, err = call("run", "group/hello", "-p", "name=x", HOST)
    assert code == 0, err
    assert sorted(shown(call)["origin"]["toplevel"]["files"]) == ["steps.yml", "workflow.yml"]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (ENTRY.replace("{workflow: workflow.yml}", "{workflow: w.yml, toplevel: /etc}"), "of this machine"),
        (ENTRY.replace("{workflow: workflow.yml}", "{workflow: w.yml, toplevel: ../..}"), "of this machine"),
        ("{name: all, tags: [], recast_catalogue_entries: [/etc/passwd]}", "outside of its own folder"),
        ("{name: all, tags: [], recast_catalogue_entries: ['http://127.0.0.1/x.yml']}", "outside of its own folder"),
        ("<html>log in</html>", "web page"),
    ],
)
def test_what_an_entry_from_elsewhere_must_not_name(server, call, entry, told):
    server.add("/recast.yml", entry)
    code, _, err = call("catalogue", "add", f"{server.url}/recast.yml")
    assert code in (3, 4)
    assert told in err


def test_an_entry_does_not_send_us_into_this_network(server, other, call):
    other.add("/specs/workflow.yml", WORKFLOW)
    toplevel = f"toplevel: '{other.url}/specs'"
    server.add("/recast.yml", ENTRY.replace("{workflow: workflow.yml}", f"{{workflow: workflow.yml, {toplevel}}}"))
    call("catalogue", "add", f"{server.url}/recast.yml")
    code, _, err = call("run", "group/hello", "-p", "name=x", HOST)
    assert (code, "permission.private-address" in err) == (5, True)
    assert other.seen == []


def test_an_initdir_of_this_machine_that_an_entry_from_elsewhere_names(server, call, tmp_path):
    for name in ("specs/workflow.yml", "specs/steps.yml"):
        server.add(f"/{name}", PROJECT[name])
    server.add("/recast.yml", ENTRY.replace("initdir: inputdata", f"initdir: {tmp_path}"))
    assert call("catalogue", "add", f"{server.url}/recast.yml")[0] == 0
    code, _, err = call("run", "group/hello", HOST)
    assert code == 3
    assert "only you may say" in err


def test_a_shipped_entry_with_its_real_repository(forges, call):
    """examples/rome of recast-atlas, with reanahub/reana-demo-atlas-recast as it is."""
    repository = CORPUS / "reanahub+reana-demo-atlas-recast"
    files = {path.relative_to(repository).as_posix(): path.read_bytes() for path in repository.rglob("*.y*ml")}
    forges.add("/repos/reanahub/reana-demo-atlas-recast/commits/master", COMMIT)
    forges.add(f"/repos/reanahub/reana-demo-atlas-recast/tarball/{COMMIT}", tarball(files))
    entries = CORPUS / "recast-hep+recast-atlas/src/recastatlas/data/catalogue"
    assert call("catalogue", "add", entries / "examples_rome.yml")[0] == 0
    code, out, _ = call("catalogue", "check", "examples/rome", "-o", "json")
    assert (code, json.loads(out)["ok"]) == (0, True)
    code, _, err = call("run", "examples/rome", "--example", "newsignal")
    assert code == 3
    assert "floating" in err or "digest" in err


def test_checking_without_a_network_is_no_verdict(forges, call, tmp_path):
    path = tmp_path / "recast.yml"
    path.write_text(ENTRY.replace("{workflow: workflow.yml}", "{workflow: w.yml, toplevel: 'github:org/repo'}"))
    call("catalogue", "add", path)
    forges.add("/repos/org/repo/commits/main", Reply(b"", 500))
    code, _, err = call("catalogue", "check", "group/hello")
    assert code == 4
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["validate", "lint", "digest"])
def test_a_spec_elsewhere_can_be_judged(command, forges, call):
    github(forges, PROJECT)
    code, out, err = call("spec", command, "workflow.yml", "--toplevel", "github:org/repo:specs")
    assert code == 0, err
    assert ".yml" in out
