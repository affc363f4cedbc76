"""A script inside an image: built if its content changed, by real buildah, pushed to a real registry."""

from __future__ import annotations

import json
import os

import pytest
import yaml

from recast.images import ImageStore
from recast.registry import Registry
from tests.busybox import NAME, add_busybox
from tests.ci.pipeline.repository import SELECT, workflow
from tests.registry.real import real_registry

pytestmark = pytest.mark.slow


@pytest.fixture
def with_image(repository, home):
    """The small repository with the script of its second step in an image that the pipeline builds."""
    base = add_busybox(ImageStore(home / "images"))
    document = workflow()
    step = document["stages"][1]["scheduler"]["step"]
    step["environment"] |= {"image": "test/select", "imagetag": "1"}
    step["process"]["cmd"] = "awk -v out={output} -f /opt/select.awk {events}"
    repository.write("spec/workflow.yml", yaml.safe_dump(document, sort_keys=False))
    repository.write("spec/images/select/select.awk", SELECT)
    repository.write(
        "spec/images/select/Containerfile",
        f"FROM example.org/busybox@{base}\n"
        "LABEL org.opencontainers.image.title=test/select org.opencontainers.image.version=1\n"
        "COPY select.awk /opt/select.awk\n",
    )
    return repository


def built(report: dict) -> dict[str, bool]:
    return {image["name"]: image["built"] for image in report["images"]}


def test_an_image_is_built_when_its_content_changes_and_not_before(ci, with_image, tmp_path) -> None:
    commit = with_image.commit("first")
    with real_registry(tmp_path / "registry") as real:
        registry = f"oci://{real.host}/small-1"
        code, report = ci.run("--update-reference", "--push", registry)
        assert (code, built(report)) == (0, {NAME: False, "test/select:1": True}), ci.err
        with Registry(registry) as remote:
            tags = remote.tags()
        assert [tag for tag in tags if tag.startswith(f"ci_{commit[:12]}_")]
    assert ci.run()[1]["word"] == "nothing-to-do"
    assert not (with_image.spec / "images.lock.json").read_text().count("test/select")  # the checkout stays as it is
    with_image.write("spec/images/select/select.awk", SELECT.replace("cut = 300", "cut = 400"))
    code, report = ci.run()
    assert (code, report["word"], report["mode"]) == (7, "moved", "paired"), ci.err
    assert built(report) == {NAME: False, "test/select:1": True}
    assert [(run["jobs"], run["stages"]) for run in report["runs"]] == [(1, ["select"])]


def test_a_script_that_can_be_executed_is_built_once(ci, with_image) -> None:
    """A published version holds no modes: what is built for a commit is what a run of the version finds."""
    (with_image.spec / "images/select/select.awk").chmod(0o755)
    assert built(ci.run()[1])["test/select:1"]
    with_image.write("README.md", "other\n")
    with_image.write("spec/README.md", "this one is part of the version\n")
    _, report = ci.run()
    assert not built(report)["test/select:1"], ci.err


@pytest.mark.parametrize("line", ["RUN frobnicate", "COPY nowhere.txt /opt/", "FORM x"])
def test_a_recipe_that_does_not_build_is_the_commits_fault(ci, with_image, line) -> None:
    recipe = with_image.spec / "images/select/Containerfile"
    recipe.write_text(f"{recipe.read_text()}{line}\n")
    code, report = ci.run()
    assert (code, report["word"]) == (3, "broken"), ci.err
    assert report["runs"] == []


def test_a_strangers_base_is_not_from_the_local_network(ci, with_image, monkeypatch) -> None:
    recipe = with_image.spec / "images/select/Containerfile"
    text = recipe.read_text().splitlines()
    text[0] = f"FROM 10.1.2.3/busybox@sha256:{'0' * 64}"
    recipe.write_text("\n".join(text) + "\n")
    before = dict(os.environ)
    try:
        _, report = ci.run("--untrusted")
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert report["word"] == "refused", ci.err


def test_a_tag_pins_what_was_built_and_publishes_it(ci, with_image, tmp_path) -> None:
    with real_registry(tmp_path / "registry") as real:
        registry = f"oci://{real.host}/small-1"
        code, report = ci.run("--event", "tag", "--ref", "refs/tags/v1.0.0", "--push", registry)
        assert code == 0, ci.err
        with Registry(registry) as remote:
            tags = set(remote.tags())
    lock = json.loads((with_image.spec / "images.lock.json").read_bytes())["images"]
    [digest] = {image["digest"] for image in report["images"] if image["name"] == "test/select:1"}
    assert lock["test/select:1"]["digest"] == digest
    assert {"1.0.0", f"image_{digest[7:]}"} <= tags
