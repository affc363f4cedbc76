"""Entries of recast-atlas: added unchanged, judged one by one, and never in the way of another command."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from recast.cli.app import run
from recast.recast_atlas.imported import ImportedEntries

ATLAS = Path(__file__).parents[1] / "data/corpus/recast-hep+recast-atlas/src/recastatlas/data"
ENTRY = {
    "name": "group/hello",
    "metadata": {"author": "me", "short_description": "Says hello", "input requirements": "a name", "tags": ["demo"]},
    "spec": {"workflow": "workflow.yml"},
    "example_inputs": {"default": {"initdata": {"name": "World"}}},
    "results": [{"name": "greeting", "relpath": "hello/out.txt", "load_yaml": True}],
    "tests": [{"name": "step", "spec": "steps.yml#/hello", "parameters": {"name": "x", "outputfile": "y"}}],
}
WORKFLOW = """
stages:
- name: hello
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {name: {step: init, output: name}, outputfile: '{workdir}/out.txt'}
    step: {$ref: 'steps.yml#hello'}
"""
STEPS = """
hello:
  process: {process_type: string-interpolated-cmd, cmd: 'echo {name} > {outputfile}'}
  publisher: {publisher_type: frompar-pub, outputmap: {out: outputfile}}
  environment: {environment_type: docker-encapsulated, image: busybox}
"""


@pytest.fixture(autouse=True)
def surroundings(home, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    """A recast-atlas project: recast.yml and specs beside it."""
    project = tmp_path / "project"
    (project / "specs").mkdir(parents=True)
    (project / "specs/workflow.yml").write_text(WORKFLOW)
    (project / "specs/steps.yml").write_text(STEPS)
    write(project, ENTRY)
    return project


def write(project, entry, name="recast.yml"):
    (project / name).write_text(entry if isinstance(entry, str) else yaml.safe_dump(entry, sort_keys=False))


@pytest.fixture
def call(capsys):
    def command(*arguments):
        code = run([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


def names():
    return ImportedEntries().names()


def test_every_entry_that_recast_atlas_ships(call):
    code, out, _ = call("catalogue", "add", ATLAS / "catalogue", "-o", "json")
    assert code == 0
    assert {row["name"]: row["state"] for row in json.loads(out)} == dict.fromkeys(
        ["atlas/atlas-conf-2018-041", "testing/busyboxtest", "examples/checkmate1", "examples/checkmate2",
         "examples/rome"], "added",
    )  # fmt: skip
    rows = json.loads(call("catalogue", "ls", "-o", "json")[1])
    assert {row["state"] for row in rows} == {"imported: floating"}
    rome = json.loads(call("catalogue", "show", "examples/rome", "-o", "json")[1])
    assert rome["spec"]["toplevel"] == "github:reanahub/reana-demo-atlas-recast@master"
    assert rome["examples"]["newsignal"]["initdata"]["did"] == 404951
    assert rome["results"][0]["relpath"] == "statanalysis/fitresults/limit_data.json"


def test_the_template_that_recast_atlas_makes(call, tmp_path):
    project = tmp_path / "hello"
    shutil.copytree(ATLAS / "templates/helloworld", project)
    recipe = project / "recast.yml"
    recipe.write_text(recipe.read_text().replace("$name", "test/hello").replace("$author", "me"))
    assert call("catalogue", "add", project)[0] == 0
    code, out, _ = call("catalogue", "check", "test/hello", "-o", "json")
    assert (code, json.loads(out)["ok"]) == (0, True)


def test_show(call, folder):
    call("catalogue", "add", folder)
    code, page, _ = call("catalogue", "show", "group/hello")
    assert code == 0
    for words in ["group/hello  Says hello", "follows a local folder", "author   me", "needs    a name",
                  "tags     demo", "default: name=World", "step: steps.yml#/hello", "greeting: hello/out.txt",
                  "recast run group/hello --example default", "recast run group/hello --example step"]:  # fmt: skip
        assert words in page


def test_an_entry_is_kept_word_for_word(call, folder):
    text = "# why\n" + (folder / "recast.yml").read_text()
    write(folder, text)
    call("catalogue", "add", folder / "recast.yml")
    assert ImportedEntries().get("group/hello").text == text


def test_adding_again(call, folder):
    states = []
    for title in ("Says hello", "Says hello", "Says more"):
        write(folder, {**ENTRY, "metadata": {"short_description": title}})
        states.append(json.loads(call("catalogue", "add", folder, "-o", "json")[1])[0]["state"])
    assert states == ["added", "unchanged", "updated"]


def test_another_of_the_same_name(call, folder, tmp_path):
    call("catalogue", "add", folder)
    twin = tmp_path / "twin.yml"
    twin.write_text((folder / "recast.yml").read_text())
    code, _, err = call("catalogue", "add", twin)
    assert code == 3
    assert "entry.exists" in err
    assert str(folder / "recast.yml") in err
    assert call("catalogue", "add", twin, "--force")[0] == 0
    assert ImportedEntries().get("group/hello").location == str(twin)


def test_two_files_of_one_name_are_both_refused(call, folder):
    write(folder, ENTRY, "copy.yml")
    code, out, err = call("catalogue", "add", folder, "-o", "json")
    assert code == 3
    assert [row["state"] for row in json.loads(out)] == ["refused", "refused"]
    assert err.count("2 files call themselves 'group/hello'") == 2
    assert names() == []


BROKEN = {
    "nme": ({"nme": "x", **{k: v for k, v in ENTRY.items() if k != "name"}}, "unknown key 'nme', did you mean 'name'?"),
    "metadata": (
        {**ENTRY, "metadata": {"short_descripton": "x"}},
        "unknown key 'short_descripton', did you mean 'short_description'?",
    ),
    "dataopts": (
        {**ENTRY, "example_inputs": {"default": {"initdata": {}, "dataopts": {"inputarchiv": "x"}}}},
        "unknown key 'inputarchiv', did you mean 'inputarchive'?",
    ),
    "result": (
        {**ENTRY, "results": [{"name": "x", "path": "y"}]},
        "unknown key 'path', did you mean 'relpath'?",
    ),
    "climbing": ({**ENTRY, "results": [{"name": "x", "relpath": "../y"}]}, "stay inside"),
    "no spec": ({k: v for k, v in ENTRY.items() if k != "spec"}, "the key 'spec' is missing"),
    "no initdata": ({**ENTRY, "example_inputs": {"default": {}}}, "the key 'initdata' is missing"),
    "name": ({**ENTRY, "name": "../../etc"}, "such as atlas/"),
    "twins": ({**ENTRY, "tests": ENTRY["tests"] * 2}, "Two tests are called 'step'"),
    "syntax": ("name: [1, 2\nspec: x\n", "not valid YAML"),
    "doubled": ("name: a\nname: b\n", "stands twice"),
    "bomb": ("a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(8)), "expanded"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_is_named_with_its_line(call, folder, fault):
    entry, told = BROKEN[fault]
    write(folder, entry)
    code, _, err = call("catalogue", "add", folder / "recast.yml")
    assert code == 3
    assert told in err
    assert f"{folder / 'recast.yml'}:" in err
    assert names() == []


def test_one_broken_file_does_not_keep_the_others_out(call, folder):
    write(folder, "name: [", "broken.yml")
    write(folder, {**ENTRY, "name": "x/y", "nonsense": 1}, "faulty.yml")
    write(folder, {"version": 1}, "docker-compose.yml")
    code, out, err = call("catalogue", "add", folder, "-o", "json")
    assert code == 3
    states = {Path(row["location"]).name: row["state"] for row in json.loads(out)}
    assert states == {
        "broken.yml": "refused", "faulty.yml": "refused", "docker-compose.yml": "passed over", "recast.yml": "added",
    }  # fmt: skip
    assert "broken.yml:" in err
    assert "nonsense" in err
    assert names() == ["group/hello"]


def test_a_folder_without_entries(call, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, err = call("catalogue", "add", tmp_path / "empty")
    assert (code, "no recast-atlas entries" in err) == (6, True)
    assert call("catalogue", "add", tmp_path / "nowhere")[0] == 6


def test_an_index(call, folder, tmp_path):
    index = {"name": "all", "tags": ["susy"], "recast_catalogue_entries": ["project/recast.yml", "inner.yml"]}
    write(tmp_path, index, "index.yml")
    write(
        tmp_path, {"name": "inner", "tags": ["deep"], "recast_catalogue_entries": ["index.yml", "no.yml"]}, "inner.yml"
    )
    code, out, err = call("catalogue", "add", tmp_path / "index.yml", "-o", "json")
    assert code == 6
    assert [row["state"] for row in json.loads(out)] == ["added", "refused"]
    assert "no.yml" in err
    assert ImportedEntries().get("group/hello").tags == ("susy",)
    assert json.loads(call("catalogue", "ls", "-o", "json")[1])[0]["tags"] == ["demo", "susy"]


def test_an_index_with_a_mistyped_key(call, tmp_path):
    write(tmp_path, {"name": "all", "tags": [], "recast_catalog_entries": []}, "index.yml")
    code, _, err = call("catalogue", "add", tmp_path / "index.yml")
    assert code == 3
    assert "did you mean 'recast_catalogue_entries'?" in err


def test_without_a_description(call, folder):
    write(folder, {**ENTRY, "metadata": {}})
    assert call("catalogue", "add", folder)[0] == 0
    assert call("catalogue", "ls")[0] == 0
    code, out, _ = call("catalogue", "check", "group/hello", "-o", "json")
    assert code == 0
    assert [found["code"] for found in json.loads(out)["findings"]] == [
        "entry.no-description",
        "spec.floating-image",
    ]


def test_a_damaged_record_breaks_no_other_command(call, folder, home):
    call("catalogue", "add", folder)
    (home / "imported" / "x%2Fbroken.json").write_text("{")
    rows = json.loads(call("catalogue", "ls", "-o", "json")[1])
    assert {row["analysis"]: row["state"] for row in rows} == {
        "group/hello": "imported: follows a local folder", "x/broken": "imported: damaged",
    }  # fmt: skip
    assert call("catalogue", "show", "group/hello")[0] == 0
    code, _, err = call("catalogue", "show", "x/broken")
    assert (code, "recast catalogue rm x/broken" in err) == (4, True)
    assert call("catalogue", "rm", "x/broken")[0] == 0
    assert names() == ["group/hello"]


def test_removing(call, folder):
    call("catalogue", "add", folder)
    assert call("catalogue", "rm", "group/hello")[0] == 0
    code, _, err = call("catalogue", "rm", "group/hello")
    assert (code, "not-found" in err) == (6, True)


def test_an_unknown_entry(call, folder):
    call("catalogue", "add", folder)
    for command in (["catalogue", "check", "group/helo"], ["run", "group/helo", "--example", "default"]):
        code, _, err = call(*command)
        assert code == 6, err
        assert "Traceback" not in err


def test_check_names_every_reason(call, folder):
    (folder / "specs/workflow.yml").write_text(WORKFLOW.replace("name: {step: init", "name: {step: inti"))
    write(folder, {**ENTRY, "tests": [{"name": "step", "spec": "steps.yml#/helo"}]})
    call("catalogue", "add", folder)
    code, out, _ = call("catalogue", "check", "group/hello", "-o", "json")
    assert code == 3
    found = json.loads(out)["findings"]
    assert any("workflow.yml:7" in item["where"] and "inti" in item["what"] for item in found)


def test_check_of_examples_and_tests(call, folder):
    write(
        folder,
        {
            **ENTRY,
            "example_inputs": {"default": {"initdata": {"nme": "x"}, "dataopts": {"overwrite": True}}},
            "tests": [{"name": "step", "spec": "steps.yml#/helo"}],
        },
    )
    call("catalogue", "add", folder)
    code, out, _ = call("catalogue", "check", "group/hello", "-o", "json")
    assert code == 3
    codes = {item["code"]: item for item in json.loads(out)["findings"]}
    assert set(codes) == {"entry.example", "entry.test", "entry.no-meaning", "spec.floating-image"}
    assert "'name'" in codes["entry.example"]["what"]
    assert f"{folder / 'recast.yml'}:" in codes["entry.example"]["where"]


def test_check_of_a_missing_workflow(call, folder):
    (folder / "specs/workflow.yml").unlink()
    call("catalogue", "add", folder)
    code, out, _ = call("catalogue", "check", "group/hello", "-o", "json")
    assert code == 3
    assert json.loads(out)["findings"][0]["code"] == "spec.not-found"


def test_a_snakemake_entry_is_listed_and_refused(call, folder):
    write(folder, {**ENTRY, "spec": {"workflow": "Snakefile", "workflow_type": "snakemake"}})
    assert call("catalogue", "add", folder)[0] == 0
    assert "snakemake, cannot run here" in call("catalogue", "ls")[1]
    assert call("catalogue", "check", "group/hello")[0] == 3
    assert call("run", "group/hello")[0] == 3


def test_images_float(call, folder):
    call("catalogue", "add", folder)
    assert "a run needs the images pinned first" in call("catalogue", "check", "group/hello")[2]
    code, _, err = call("run", "group/hello", "--example", "default")
    assert code == 3
    assert "busybox" in err
    assert "recast image" in err


def test_a_published_name_is_not_taken(call, folder, checkout, monkeypatch):
    monkeypatch.chdir(checkout.root)
    assert call("publish", "tiny-1")[0] == 0
    write(folder, {**ENTRY, "name": "tiny-1"})
    code, _, err = call("catalogue", "add", folder)
    assert (code, "is published here" in err) == (3, True)
    assert call("catalogue", "add", folder, "--force")[0] == 0
    states = [row["state"] for row in json.loads(call("catalogue", "ls", "-o", "json")[1])]
    assert states == ["published", "imported: follows a local folder"]
    assert json.loads(call("catalogue", "show", "tiny-1", "-o", "json")[1])["version"] == "1.0.0"
    code, out, _ = call("catalogue", "check", "tiny-1@1.0.0", "-o", "json")
    assert (code, [found["code"] for found in json.loads(out)["findings"]]) == (3, ["entry.image-missing"])


ZIP_NAMES = "inputs.zip"
REFUSED = {
    "initdir": ({"example_inputs": {"default": {"initdata": {"name": "x"}, "dataopts": {"initdir": "gone"}}}},
                "entry.example", "gone"),
    "archive": ({"example_inputs": {"default": {"initdata": {"name": "x"},
                                                "dataopts": {"inputarchive": ZIP_NAMES}}}}, "entry.example", ZIP_NAMES),
    "nested-subinits": ({"example_inputs": {"default": {"initdata": {"name": "x"}, "dataopts": {
                            "subinits": {"hello": {"deep": "specs"}}}}}}, "entry.example", "nested"),
    "subinits-of-no-sub-workflow": ({"example_inputs": {"default": {"initdata": {"name": "x"}, "dataopts": {
                            "subinits": {"hello": "specs"}}}}}, "entry.example", "sub-workflow"),
    "subinits-that-are-not-there": ({"example_inputs": {"default": {"initdata": {"name": "x"}, "dataopts": {
                            "subinits": {"hello": "gone"}}}}}, "entry.example", ""),
    "result-of-no-stage": ({"results": [{"name": "r", "relpath": "helo/out.txt"}]}, "entry.result", "helo/out.txt"),
    "result-beside-the-stages": ({"results": [{"name": "r", "relpath": "out.txt"}]}, "entry.result", "out.txt"),
    "test-without-inputs": ({"tests": [{"name": "step", "spec": "steps.yml#/hello", "parameters": {}}]},
                            "entry.test", "step"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_check_refuses_what_run_refuses(call, folder, fault):
    change, code, words = REFUSED[fault]
    write(folder, {**ENTRY, **change})
    assert call("catalogue", "add", folder)[0] == 0
    exit_code, out, err = call("catalogue", "check", "group/hello", "-o", "json")
    errors = [item for item in json.loads(out)["findings"] if item["severity"] == "error"]
    assert exit_code == 3, err
    assert [item["code"] for item in errors] == [code]
    assert words in json.dumps(errors[0])
    assert f"{folder / 'recast.yml'}:" in errors[0]["where"]


def test_check_takes_what_run_takes(call, folder):
    (folder / "data").mkdir()
    (folder / "data/a.txt").write_text("World")
    example = {"initdata": {"name": "a.txt"}, "dataopts": {"initdir": "data"}}
    write(folder, {**ENTRY, "example_inputs": {"default": example}})
    call("catalogue", "add", folder)
    code, out, _ = call("catalogue", "check", "group/hello", "-o", "json")
    assert code == 0, out
    assert json.loads(out)["ok"]
