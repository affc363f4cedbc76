"""Loading from a path, and the digest of a bundle."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from spec_parts import FIRST, stages

from recast.errors import NotFound, SpecError
from recast.spec import bundle_files, load_workflow, spec_digest


def test_the_path_may_be_relative_to_the_toplevel_or_the_working_directory(specs, monkeypatch):
    specs.write("flows/workflow.yml", stages(FIRST))
    monkeypatch.chdir(specs.folder / "flows")
    for path in ("flows/workflow.yml", "workflow.yml", str(specs.folder / "flows" / "workflow.yml")):
        loaded = load_workflow(path, specs.folder)
        assert loaded.files == ("flows/workflow.yml", "steps.yml")
        assert loaded.toplevel == specs.folder.resolve()


def test_missing_files_and_folders(specs):
    with pytest.raises(NotFound) as caught:
        load_workflow("nope.yml", specs.folder)
    assert caught.value.exit_code == 6
    with pytest.raises(NotFound):
        load_workflow("nope.yml", specs.folder / "nope")


def test_a_workflow_outside_of_the_toplevel_is_refused(specs):
    (specs.folder / "deep").mkdir()
    path = specs.write("workflow.yml", stages(FIRST))
    with pytest.raises(SpecError) as caught:
        load_workflow(str(path), specs.folder / "deep")
    assert caught.value.code == "spec.ref-escape"
    assert caught.value.next_step == f"--toplevel {specs.folder}"


def test_a_fifo_is_not_opened(specs):
    os.mkfifo(specs.folder / "pipe.yml")
    with pytest.raises(NotFound):
        load_workflow("pipe.yml", specs.folder)
    specs.write("workflow.yml", "stages: {$ref: pipe.yml}")
    assert specs.error().code == "spec.ref-missing"


def test_the_digest_follows_names_and_contents_but_not_the_place(specs, tmp_path_factory):
    specs.write("sub/a.txt", "one")
    specs.write(".git/config", "hidden")
    assert bundle_files(specs.folder) == ("steps.yml", "sub/a.txt")
    first = spec_digest(specs.folder)
    copy = tmp_path_factory.mktemp("copy") / "b"
    shutil.copytree(specs.folder, copy)
    assert spec_digest(copy) == first
    (copy / "sub" / "a.txt").rename(copy / "sub" / "b.txt")
    assert spec_digest(copy) != first
    assert spec_digest(specs.folder, ["steps.yml"]) not in (first, spec_digest(copy))


def test_the_digest_is_that_of_sha256sum(specs):
    specs.write("sub/a.txt", "one")
    listing = subprocess.run(["sha256sum", *bundle_files(specs.folder)], cwd=specs.folder, capture_output=True)
    total = subprocess.run(["sha256sum"], input=listing.stdout, capture_output=True)
    assert spec_digest(specs.folder) == "sha256:" + total.stdout.decode().split()[0]


@pytest.mark.parametrize("make", [lambda path: os.symlink("steps.yml", path), os.mkfifo])
def test_links_and_devices_have_no_digest(specs, make):
    make(specs.folder / "odd")
    with pytest.raises(SpecError) as caught:
        spec_digest(specs.folder)
    assert caught.value.code == "spec.symlink"
    with pytest.raises(SpecError):
        spec_digest(specs.folder, ["odd"])


def test_neither_pydantic_nor_jsonschema_is_imported():
    code = "import sys, recast.spec; sys.exit(any(name in sys.modules for name in ('pydantic', 'jsonschema')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
