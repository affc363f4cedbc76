"""A crate that a colleague gets is run again: the same version, the same inputs; a hostile one is refused."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recast.cli.app import run as call
from recast.errors import InputError
from recast.images import ImageLock, ImageStore, Pin, write_lock
from recast.prepare.crate import crate_inputs, read_crate
from recast.prepare.source import find_source
from tests.busybox import NAME, add_busybox
from tests.conftest import Answer
from tests.runs.told import arguments, write_init, write_spec

Line = Callable[..., Answer]

ENTRY = """
analysis: one-file
title: Counts lines
collaboration: Nobody
abstract: Counts the lines of a file.
references: {arxiv: ''}
sqrts_tev: 13
luminosity_inv_fb: 1
final_states: [lines]
models: [none]
authority: community
versions:
- version: 1.0.0
  source: ../spec
  init: {table: table.txt}
  examples: {demo: {description: The table itself., inputs: {text: 'bundle:table.txt'}}}
  results: [{name: lines, type: file, stage: count, output: lines}]
"""
WORKFLOW = """
stages:
- name: count
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters:
      text: {step: init, output: text}
      table: {step: init, output: table}
      output: '{workdir}/lines.txt'
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'cat {text} {table} > {output}'}
      environment: {environment_type: docker-encapsulated, image: recast/busybox, imagetag: '1'}
      publisher: {publisher_type: frompar-pub, outputmap: {lines: output}}
"""
SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": ["string", "object"], "format": "file"}},
    "required": ["text"],
    "additionalProperties": False,
}


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Line:
    """The command line in this process, in the home of somebody."""

    def at(who: str, *arguments: str | Path) -> Answer:
        monkeypatch.setenv("RECAST_HOME", str(tmp_path / who))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / who / "cache"))
        monkeypatch.setenv("RECAST_IMAGE_STORE", str(tmp_path / "images"))
        for name in ("RECAST_CATALOGUE", "RECAST_SIGNATURES"):
            monkeypatch.delenv(name, raising=False)
        code = call([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return at


@pytest.fixture
def crate(line: Line, tmp_path: Path) -> Path:
    """What somebody hands on: a run of a version of theirs with a file of theirs."""
    return handed_on(line, tmp_path)


def handed_on(line: Line, tmp_path: Path, recipe: str = "") -> Path:
    """Run a version, with a recipe of its image if there is one, and return the crate of the run."""
    spec = tmp_path / "theirs" / "spec"
    (spec / "images" / "busybox").mkdir(parents=True)
    if recipe:
        (spec / "images" / "busybox" / "Containerfile").write_text(recipe)
    (spec / "workflow.yml").write_text(WORKFLOW)
    (spec / "table.txt").write_text("table\n")
    (spec / "inputs.schema.json").write_text(json.dumps(SCHEMA))
    digest = add_busybox(ImageStore(tmp_path / "images"))
    write_lock(spec, ImageLock({NAME: Pin(digest, "linux/amd64", 1, "2026-01-01T00:00:00Z", "build")}))
    (spec.parent / "catalogue").mkdir()
    (spec.parent / "catalogue" / "one-file.yml").write_text(ENTRY)
    (spec.parent / "my.txt").write_text("mine\n")
    assert line("author", "publish", spec.parent / "catalogue" / "one-file.yml").code == 0
    done = line("author", "run", "one-file", "-p", f"text=@{spec.parent / 'my.txt'}", "-q")
    assert done.code == 0, done.err
    assert line("author", "results", "last", "--export", "ro-crate", tmp_path / "crate").code == 0
    shutil.rmtree(spec.parent)
    return tmp_path / "crate"


def lines_of(line: Line, who: str) -> str:
    shown = line(who, "results", "last", "-o", "json").json
    return Path(
        line(who, "show", "last", "-o", "json").json["directory"], "results", shown["results"][0]["file"]
    ).read_text()


def test_a_colleague_runs_it_again_as_the_same_version(line: Line, crate: Path, tmp_path: Path) -> None:
    theirs = line("author", "show", "last", "-o", "json").json
    assert "recast run DIR" in (crate / "README.md").read_text()
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "crate")
    for name in (crate, packed, crate / "ro-crate-metadata.json"):
        done = line("colleague", "run", name, "-q")
        assert done.code == 0, done.err
        assert "this repeats run" in done.err
        mine = line("colleague", "show", "last", "-o", "json").json
        assert mine["digest"] == theirs["digest"]
        assert mine["origin"]["crate"]["run"] == theirs["run"]
        assert lines_of(line, "colleague") == "mine\ntable\n"
        (told,) = line("colleague", "results", "last", "-o", "json").json["warnings"]
        assert told.startswith("one-file@1.0.0 is not published here; its version number is not in this catalogue")
    assert line("colleague", "catalogue", "ls", "-o", "json").json == []  # nobody has published it there
    other = tmp_path / "other.txt"
    other.write_text("other\n")
    assert line("colleague", "run", crate, "-p", f"text=@{other}", "-q").code == 0
    assert lines_of(line, "colleague") == "other\ntable\n"


RECIPE = f"""FROM example.org/base@sha256:{"cd" * 32}
LABEL org.opencontainers.image.title=recast/busybox org.opencontainers.image.version=1
"""


def test_the_image_of_a_recipe_is_the_one_that_ran_or_there_is_no_run(line: Line, tmp_path: Path) -> None:
    crate = handed_on(line, tmp_path, RECIPE)
    digest = read_crate(crate).pins[NAME]
    archive = tmp_path / "image.tar"
    assert line("author", "image", "save", NAME, archive).code == 0
    done = line("colleague", "run", crate, "-q")
    assert done.code == 0, done.err
    assert lines_of(line, "colleague") == "mine\ntable\n"
    (tmp_path / "images").rename(tmp_path / "images-of-the-author")
    refused = line("stranger", "run", crate, "-q")
    assert (refused.code, refused.out) == (4, "")
    assert "image.not-here" in refused.err
    assert digest in refused.err
    assert "recast image load" in refused.err
    assert "not built here" in line("stranger", "plan", crate).err
    assert line("stranger", "runs", "-o", "json").json == {"runs": []}
    assert line("stranger", "image", "load", archive).code == 0
    done = line("stranger", "run", crate, "-q")
    assert done.code == 0, done.err
    assert json.loads((tmp_path / "stranger" / "runs" / done.out.strip() / "request.json").read_text())["pins"] == {
        NAME: digest
    }


def test_a_crate_has_no_say_in_the_image_of_a_version_that_is_vouched_for(line: Line, tmp_path: Path) -> None:
    crate = handed_on(line, tmp_path, RECIPE)
    forged = "sha256:" + "9" * 64
    changed(crate, pins={NAME: forged})
    source = find_source(str(crate))  # in the author's home
    assert source.pins[NAME] != forged
    assert source.other_images() == [
        f"the image {NAME} is {source.pins[NAME][:19]} here, it was {forged[:19]} in the run that is repeated"
    ]
    line("colleague", "runs")
    assert find_source(str(crate)).pins[NAME] == forged  # nobody vouches for it there: it is looked for, and not here
    assert line("colleague", "run", crate, "-q").code == 4


def test_its_inputs_are_taken_by_another_run(line: Line, crate: Path, tmp_path: Path) -> None:
    for given in (crate / "inputs.json", crate):
        done = line("author", "run", "one-file@1.0.0", "--inputs", given, "-q")
        assert done.code == 0, done.err
        assert lines_of(line, "author") == "mine\ntable\n"
    own = tmp_path / "inputs.json"  # no crate, only called like that
    own.write_text('{"text": "bundle:table.txt"}')
    assert line("author", "run", "one-file", "--inputs", own, "-q").code == 0
    assert crate_inputs(own) is None


def test_a_crate_of_any_workflow(line: Line, tmp_path: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    marked = tmp_path / "marked.txt"
    marked.write_text("x marked\n")
    given = ["workflow.yml", "--toplevel", spec, "--allow-host-process", "-p", "values=[1]", "-p", f"input=@{marked}"]
    for arguments_ in (arguments(spec, init), given):
        assert line("author", "run", *arguments_, "-q").code == 0
        theirs = line("author", "show", "last", "-o", "json").json
        crate = tmp_path / f"crate-{theirs['run']}"
        assert line("author", "results", "last", "--export", "ro-crate", crate).code == 0
        assert line("colleague", "run", crate, "-q").code == 5  # the crate's word is not a permission
        done = line("colleague", "run", crate, "--allow-host-process", "-q")
        assert done.code == 0, done.err
        mine = line("colleague", "show", "last", "-o", "json").json
        assert [step["published"] for step in mine["steps"]] == [step["published"] for step in theirs["steps"]]


def test_what_a_crate_hides_must_be_given(line: Line, tmp_path: Path) -> None:
    spec, init = write_spec(tmp_path / "spec", command="cat {input} > {out}"), write_init(tmp_path / "init")
    secret = ["-p", "userpass=s3cret-s3cret"]
    assert line("author", "run", *arguments(spec, init), *secret, "--until", "map", "--memory", "900MB", "-q").code == 0
    assert line("author", "results", "last", "--export", "ro-crate", tmp_path / "crate").code == 0
    assert "s3cret" not in (tmp_path / "crate" / "recast-run.json").read_text()
    source = find_source(str(tmp_path / "crate"))
    assert "userpass" not in source.offer.values
    for words in (
        "-p userpass=",
        "not repeated: only until stage 'map'",
        "not repeated: override all stages: memory_mb 900",
    ):
        assert any(words in warning for warning in source.warnings), words


def changed(crate: Path, **changes: Any) -> None:
    """Change what the crate says of the run, under a checksum that is right."""
    document = json.loads((crate / "recast-run.json").read_text())
    content = json.dumps({**document, **changes}).encode()
    (crate / "recast-run.json").write_bytes(content)
    relisted(crate, "recast-run.json", content)


def relisted(crate: Path, path: str, content: bytes, name: str | None = None) -> None:
    metadata = json.loads((crate / "ro-crate-metadata.json").read_text())
    for item in metadata["@graph"]:
        if item["@id"] == path:
            item |= {
                "@id": name or path,
                "sha256": hashlib.sha256(content).hexdigest(),
                "contentSize": str(len(content)),
            }
    (crate / "ro-crate-metadata.json").write_text(json.dumps(metadata))


def _edited(crate: Path) -> None:
    (crate / "spec" / "workflow.yml").write_text(WORKFLOW.replace("cat", "rm"))


def _edited_under_its_checksum(crate: Path) -> None:
    _edited(crate)
    relisted(crate, "spec/workflow.yml", (crate / "spec" / "workflow.yml").read_bytes())


def _gone(crate: Path) -> None:
    (crate / "inputs" / "text" / "my.txt").unlink()


def _a_link(crate: Path) -> None:
    (crate / "inputs" / "text" / "my.txt").unlink()
    (crate / "inputs" / "text" / "my.txt").symlink_to("/etc/hostname")


def _a_folder_elsewhere(crate: Path) -> None:
    shutil.move(crate / "inputs", crate.parent / "elsewhere")
    (crate / "inputs").symlink_to(crate.parent / "elsewhere")


def _a_pipe(crate: Path) -> None:
    (crate / "inputs" / "text" / "my.txt").unlink()
    os.mkfifo(crate / "inputs" / "text" / "my.txt")


def _a_file_of_the_machine(crate: Path) -> None:
    changed(crate, given={"text": "/etc/passwd"})


def _an_input_that_leads_out(crate: Path) -> None:
    item = json.loads((crate / "recast-run.json").read_text())["init_files"][0]
    changed(crate, init_files=[{**item, "path": "../../x"}])


def _a_name_that_leads_out(crate: Path) -> None:
    relisted(crate, "inputs.json", (crate / "inputs.json").read_bytes(), "../../inputs.json")


def _another_digest(crate: Path) -> None:
    changed(crate, digest="sha256:" + "ab" * 32)


def _another_version(crate: Path) -> None:
    version = json.loads((crate / "recast-run.json").read_text())["version"]
    changed(crate, version={**version, "version": "9.0.0"})


def _no_version(crate: Path) -> None:
    changed(crate, version={"analysis": []})


def _other_kinds(crate: Path) -> None:
    changed(crate, pins=[1], init_files=None)


def _no_json(crate: Path) -> None:
    (crate / "ro-crate-metadata.json").write_text("[" * 100_000)


def _no_word_of_the_run(crate: Path) -> None:
    (crate / "recast-run.json").unlink()
    relisted(crate, "recast-run.json", b"", "x.json")
    (crate / "x.json").write_bytes(b"")


HOSTILE = [
    _edited, _edited_under_its_checksum, _gone, _a_link, _a_folder_elsewhere, _a_pipe, _a_file_of_the_machine,
    _an_input_that_leads_out, _a_name_that_leads_out, _another_digest, _another_version, _no_version, _other_kinds,
    _no_json, _no_word_of_the_run,
]  # fmt: skip


def test_hostile_and_damaged_crates_are_refused(line: Line, crate: Path, tmp_path: Path) -> None:
    assert line("colleague", "catalogue", "ls", "-o", "json").json == []  # all of this is the colleague's
    for change in HOSTILE:
        copy = tmp_path / change.__name__
        shutil.copytree(crate, copy)
        change(copy)
        with pytest.raises(InputError) as caught:
            find_source(str(copy))
        assert caught.value.code == "crate.unsound", change.__name__


def test_a_hostile_zip_is_refused(line: Line, tmp_path: Path) -> None:
    line("colleague", "catalogue", "ls")
    for number, names in enumerate(
        (["../ro-crate-metadata.json"], [], ["a/ro-crate-metadata.json", "b/ro-crate-metadata.json"])
    ):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, "{}")
        with pytest.raises(InputError):
            read_crate(path)


def test_an_archive_says_what_to_type(line: Line, tmp_path: Path) -> None:
    (tmp_path / "x.oci.tar").write_bytes(b"")
    done = line("colleague", "run", tmp_path / "x.oci.tar")
    assert (done.code, "recast catalogue import" in done.err) == (2, True)
