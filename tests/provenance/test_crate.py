"""A crate of every kind of run: valid for roc-validator, with every byte under its checksum, and nothing made up."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recast.exports.crate.crate import crate
from recast.exports.crate.facts import Action, CrateFile, RunFacts, StepFacts, Tool
from recast.exports.crate.gather import facts_of
from recast.paths import places
from recast.prepare import Options, find_source, prepare
from recast.prepare.inputs import init_data
from recast.rundir import RunDirectory, RunOrder, find_run
from recast.runs import create, open_run
from recast.runs.drive import cancel_idle
from recast.store import ArtifactStore
from tests.conftest import Recast
from tests.provenance.context import context
from tests.provenance.validator import UNSATISFIABLE, judged
from tests.runs.told import run, write_init, write_spec

REQUEST = RunOrder("ab", 0.0, "workflow.yml", {}, {})
FILES = (CrateFile("spec/workflow.yml", "sha256:" + "00" * 32, 0, "", b""),)


@pytest.fixture
def spec(tmp_path: Path) -> tuple[Path, Path]:
    return write_spec(tmp_path / "spec"), write_init(tmp_path / "init")


def exported(recast: Recast, folder: Path, *options: str, name: str = "last") -> dict[str, Any]:
    done = recast("results", name, "--export", "ro-crate", folder, *options)
    assert done.code == 0, done.err
    document: dict[str, Any] = json.loads((folder / "ro-crate-metadata.json").read_text())
    return document


def of_type(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [item for item in document["@graph"] if kind in (item["@type"], *item["@type"])]


def by_id(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["@id"]: item for item in document["@graph"]}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.usefixtures("somebody")
def test_runs_of_all_kinds_are_valid(recast: Recast, spec: tuple[Path, Path], tmp_path: Path) -> None:
    folders = []
    for name, values in (("good", "[1, 2]"), ("cached", "[1, 2]"), ("bad", "[1, 13]")):
        run(recast, *spec, values)
        folders.append(tmp_path / name)
        exported(recast, folders[-1], "--license", "CC0-1.0")
    for folder, issues in judged("RECOMMENDED", *folders).items():
        assert [issue for issue in issues if issue[0] != UNSATISFIABLE] == [], folder


def test_a_run_of_nobody_is_valid_too(recast: Recast, spec: tuple[Path, Path], tmp_path: Path) -> None:
    run(recast, *spec)
    document = exported(recast, tmp_path / "crate")
    assert judged("REQUIRED", tmp_path / "crate") == {str(tmp_path / "crate"): []}
    assert of_type(document, "Person")[0]["name"] == "Not stated"
    assert "Ask the authors" in by_id(document)["#license-not-stated"]["description"]


def test_every_file_stands_under_its_checksum(recast: Recast, spec: tuple[Path, Path], tmp_path: Path) -> None:
    run(recast, *spec)
    folder = tmp_path / "crate"
    known = by_id(exported(recast, folder))
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "ro-crate-metadata.json"]
    for path in files:
        item = known[path.relative_to(folder).as_posix()]
        assert item["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert item["contentSize"] == str(path.stat().st_size)
    assert {part["@id"] for part in known["./"]["hasPart"]} == {path.relative_to(folder).as_posix() for path in files}


def test_every_reference_leads_somewhere_and_every_term_has_a_meaning(
    recast: Recast, spec: tuple[Path, Path], tmp_path: Path
) -> None:
    run(recast, *spec, "[1, 13]")
    document = exported(recast, tmp_path / "crate")
    known = by_id(document)
    meanings = {**context(), **document["@context"][1]}
    assert len(known) == len(document["@graph"])
    for item in document["@graph"]:
        assert {*listed(item["@type"]), *(key for key in item if key[0] != "@")} <= set(meanings)
        for value in (value for values in item.values() for value in listed(values) if isinstance(value, dict)):
            assert value["@id"] in known or value["@id"].startswith("http"), value


def test_each_attempt_says_when_with_what_and_what_came_of_it(
    recast: Recast, spec: tuple[Path, Path], tmp_path: Path
) -> None:
    run(recast, *spec, "[1, 13]")
    document = exported(recast, tmp_path / "crate")
    known = by_id(document)
    bad = known["#action/map/1/1"]
    assert bad["actionStatus"] == "http://schema.org/FailedActionStatus"
    assert "exit code 1" in bad["error"]
    assert bad["startTime"] <= bad["endTime"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", bad["startTime"])
    assert known["#action/map/1/1/exit-code"]["value"] == 1
    assert known[bad["instrument"]["@id"]]["text"].startswith("cat {input}")
    assert {use["@id"].rpartition("/")[2] for use in bad["resourceUsage"]} == {"wall_s", "cpu_s", "peak_memory_bytes"}
    assert known["#action/map/0/1"]["actionStatus"] == "http://schema.org/CompletedActionStatus"
    assert known["#run"]["actionStatus"] == "http://schema.org/FailedActionStatus"
    assert "#action/sum/0/1" not in known  # it never began


def test_a_cached_step_names_the_run_it_came_from(recast: Recast, spec: tuple[Path, Path], tmp_path: Path) -> None:
    first = run(recast, *spec)
    run(recast, *spec)
    known = by_id(exported(recast, tmp_path / "crate"))
    assert known["#action/map/0/1/cached-from"]["value"] == f"{first} /map/0"
    assert f"of run {first}" in known["#action/map/0/1"]["description"]
    assert "#host" not in json.dumps(known["#action/map/0/1"])


def test_hosts_are_left_out_on_request(recast: Recast, spec: tuple[Path, Path], tmp_path: Path) -> None:
    run(recast, *spec)
    assert len(of_type(exported(recast, tmp_path / "named"), "Place")) == 1
    assert of_type(exported(recast, tmp_path / "nameless", "--no-hosts"), "Place") == []


def test_intermediate_files_are_named_or_copied(recast: Recast, spec: tuple[Path, Path], tmp_path: Path) -> None:
    run(recast, *spec)
    named = exported(recast, tmp_path / "named")
    between = next(item for item in of_type(named, "CreativeWork") if item.get("name") == "map_0/out.txt")
    assert between["sha256"] == hashlib.sha256(b"x\n1\n").hexdigest()
    exported(recast, tmp_path / "whole", "--with-intermediate")
    assert (tmp_path / "whole/intermediate/map_0/out.txt").read_text() == "x\n1\n"


def test_it_does_not_say_where_files_lay_here(recast: Recast, spec: tuple[Path, Path], tmp_path: Path) -> None:
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", spec[1])
    given = ["-p", "input=data.txt", "-p", "values=[1]", "--input-archive", packed, "--allow-host-process", "-q"]
    done = recast("run", "workflow.yml", "--toplevel", spec[0], *given)
    assert done.code == 0, done.err
    exported(recast, tmp_path / "crate")
    for path in (path for path in (tmp_path / "crate").rglob("*") if path.is_file()):
        assert str(tmp_path).encode() not in path.read_bytes(), path


def test_the_same_run_gives_the_same_bytes(recast: Recast, spec: tuple[Path, Path], tmp_path: Path) -> None:
    run(recast, *spec)
    for name in ("one", "two"):
        exported(recast, tmp_path / name)
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / n).rglob("*.*")} for n in ("one", "two"))
    assert one == two


@pytest.mark.usefixtures("somebody")
def test_who_is_kept_when_the_run_is_made(
    recast: Recast, spec: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(recast, *spec)
    monkeypatch.setenv("RECAST_USER_NAME", "Somebody Else")
    person = of_type(exported(recast, tmp_path / "crate"), "Person")[0]
    assert (person["@id"], person["name"]) == ("https://orcid.org/0000-0002-1825-0097", "Ada Byron")


def test_an_orcid_with_a_wrong_checksum_is_refused(
    recast: Recast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RECAST_USER_ORCID", "0000-0002-1825-0098")
    spec = write_spec(tmp_path / "spec")
    done = recast(
        "run", "workflow.yml", "--toplevel", spec, "-p", "input=a", "-p", "values=[1]", "--allow-host-process"
    )
    assert done.code == 2
    assert "checksum" in done.err


def test_a_run_that_is_not_over_has_no_crate(
    recast: Recast, spec: tuple[Path, Path], tmp_path: Path, home: Path
) -> None:
    name = run(recast, *spec)
    (find_run(home / "runs", name).journal).unlink()
    done = recast("results", name, "--export", "ro-crate", tmp_path / "crate")
    assert done.code == 6
    assert "is not over" in done.err
    assert not (tmp_path / "crate").exists()


def test_nothing_is_written_over(recast: Recast, spec: tuple[Path, Path], tmp_path: Path) -> None:
    run(recast, *spec)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.tex").write_text("ten years of work")
    done = recast("results", "last", "--export", "ro-crate", tmp_path / "mine")
    assert done.code == 2
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


def test_a_changed_file_is_found_and_nothing_is_left_behind(
    recast: Recast, spec: tuple[Path, Path], tmp_path: Path, home: Path
) -> None:
    name = run(recast, *spec)
    live = open_run(RunDirectory(find_run(home / "runs", name).path))
    store = ArtifactStore(home / "artifacts")
    place = store.path(facts_of(live, store, with_intermediate=True).steps[0].actions[0].outputs[0].digest)
    place.chmod(0o644)
    place.write_text("forged")
    done = recast("results", name, "--export", "ro-crate", tmp_path / "out" / "crate", "--with-intermediate")
    assert done.code == 4
    assert "was changed" in done.err
    assert list(tmp_path.glob("out/*")) == []


def test_a_run_in_which_nothing_began_is_a_workflow_run_crate(recast: Recast, tmp_path: Path, home: Path) -> None:
    write_spec(tmp_path / "spec")
    source = find_source("workflow.yml", str(tmp_path / "spec"))
    data = init_data(source, {"input": "a", "values": [1]}, None)
    directory = create(prepare(source, data, Options(allow_host_process=True)), places(), None)
    cancel_idle(directory, places())
    document = exported(recast, tmp_path / "crate")
    assert of_type(document, "OrganizeAction") == []
    assert by_id(document)["#run"]["actionStatus"] == "http://schema.org/FailedActionStatus"
    assert judged("REQUIRED", tmp_path / "crate") == {str(tmp_path / "crate"): []}


def test_names_that_no_uri_may_hold(recast: Recast, spec: tuple[Path, Path], tmp_path: Path) -> None:
    folder, _ = spec
    text = (folder / "workflow.yml").read_text().replace("out.txt", "out put%.txt")
    (folder / "workflow.yml").write_text(text.replace("> {out}", "> '{out}'").replace(">> {out}", ">> '{out}'"))
    init = tmp_path / "strange"
    init.mkdir()
    (init / "ä b.txt").write_text("x\n")
    given = ["-p", "input='ä b.txt'", "-p", "values=[1]", "--initdir", str(init), "--allow-host-process"]
    recast("run", "workflow.yml", "--toplevel", folder, *given, "-q")
    exported(recast, tmp_path / "crate", "--with-intermediate")
    assert judged("REQUIRED", tmp_path / "crate") == {str(tmp_path / "crate"): []}


@pytest.mark.parametrize(
    ("image", "registry", "name", "tag"),
    [
        ("recast/pyhf-fit:1", "docker.io", "recast/pyhf-fit", "1"),
        ("ghcr.io/org/fit:2", "ghcr.io", "org/fit", "2"),
        ("localhost:5000/fit@sha256:" + "ab" * 32, "localhost:5000", "fit", None),
    ],
)
def test_images_stand_under_the_digest_that_ran(image: str, registry: str, name: str, tag: str | None) -> None:
    moment, ran = "2026-01-01T00:00:00.000+00:00", "sha256:" + "cd" * 32
    action = Action(1, moment, moment, exit_code=0, image=ran)
    step = StepFacts("/fit/0", "fit", Tool("fit", "fit {x}", "sh", image), {}, "succeeded", "", (), (action,))
    facts = RunFacts(REQUEST, "succeeded", "", moment, moment, ("fit",), (step,), (), FILES)
    found = of_type(crate(facts), "ContainerImage")[0]
    assert (found["registry"], found["name"], found.get("tag")) == (registry, name, tag)
    assert found["sha256"] == "cd" * 32


@pytest.mark.parametrize("hosts", [True, False])
def test_what_the_user_put_in_place_of_the_spec_is_told(hosts: bool) -> None:
    said = {
        "images": {"fit:1": "other@sha256:" + "ef" * 32},
        "all": {"env": {"SEED": "7"}, "binds": [{"source": "/home/me/data", "target": "/data"}]},
    }
    moment = "2026-01-01T00:00:00.000+00:00"
    request = replace(REQUEST, overrides=said)
    facts = RunFacts(request, "succeeded", "", moment, moment, (), (), (), FILES)
    told = by_id(crate(facts, hosts=hosts))["#run"]["description"]
    assert "image fit:1 is other@sha256:" in told
    assert "env SEED=7" in told
    assert ("/home/me/data" in told) is hosts
