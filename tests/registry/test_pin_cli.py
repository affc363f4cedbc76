"""`recast image pin|push|pull|tags`, and a run that needs an image which is not here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from recast.images import ImageStore, Pin, load_lock, verify, write_lock
from recast.registry import Registry
from tests.busybox import add_busybox
from tests.conftest import Recast
from tests.images.handmade import image, item, tar
from tests.registry.fake import INDEX, FakeRegistry, Handler, digest_of, status
from tests.registry.real import Real
from tests.waiting import BOUND_S


def step(reference: str) -> dict[str, object]:
    name, _, tag = reference.rpartition(":") if "@" not in reference else (reference, "", "latest")
    return {
        "process": {"process_type": "string-interpolated-cmd", "cmd": "echo hello > {out}"},
        "environment": {"environment_type": "docker-encapsulated", "image": name, "imagetag": tag},
        "publisher": {"publisher_type": "frompar-pub", "outputmap": {"out": "out"}},
    }


def stage(name: str, scheduler: dict[str, object]) -> dict[str, object]:
    parameters = [{"key": "out", "value": "{workdir}/out"}]
    kind = {"scheduler_type": "singlestep-stage", "parameters": parameters}
    return {"name": name, "dependencies": ["init"], "scheduler": {**kind, **scheduler}}


def write_spec(folder: Path, *references: str, below: str | None = None) -> Path:
    """A workflow with a stage for each image, and one image in a sub-workflow."""
    folder.mkdir(parents=True, exist_ok=True)
    stages = [stage(f"s{number}", {"step": step(name)}) for number, name in enumerate(references)]
    if below is not None:
        (folder / "sub.yml").write_text(yaml.safe_dump({"stages": [stage("inner", {"step": step(below)})]}))
        scheduler = {"scheduler_type": "singlestep-stage", "parameters": [], "workflow": {"$ref": "sub.yml"}}
        stages.append({"name": "sub", "dependencies": ["init"], "scheduler": scheduler})
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return folder


def rows(answer: object) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in answer.json["images"]}  # type: ignore[attr-defined]


def test_a_pin_stays_until_it_is_told_to_follow(recast: Recast, fake: FakeRegistry, tmp_path: Path) -> None:
    first = fake.add_image(b"one", tag="1")
    inner = fake.add_image(b"inner", tag="2")
    spec = write_spec(tmp_path / "spec", f"{fake.name}:1", below=f"{fake.name}:2")
    answer = recast("image", "pin", spec, "--check", "-o", "json")
    assert answer.code == 1 and not (spec / "images.lock.json").exists()
    assert {row["state"] for row in rows(answer).values()} == {"new"}

    assert recast("image", "pin", spec).code == 0
    lock = load_lock(spec)
    assert lock.digest(fake.name, "1") == first and lock.digest(fake.name, "2") == inner
    pin = lock.images[f"{fake.name}:1"]
    assert (pin.platform, pin.source, pin.index) == ("linux/amd64", "registry", None)
    assert pin.resolved.endswith("Z") and pin.size > 3
    assert recast("image", "pin", spec, "--check").code == 0

    second = fake.add_image(b"two", tag="1")
    answer = recast("image", "pin", spec, "--check", "-o", "json")
    moved = rows(answer)[f"{fake.name}:1"]
    assert answer.code == 1 and "moved since" in answer.err
    assert (moved["state"], moved["old_digest"], moved["digest"]) == ("moved", first, second)
    assert recast("image", "pin", spec / "workflow.yml").code == 0
    assert load_lock(spec) == lock  # nothing changes in silence
    assert recast("image", "pin", spec, "--update").code == 0
    assert load_lock(spec).digest(fake.name, "1") == second
    assert load_lock(spec).digest(fake.name, "2") == inner


def test_an_index_and_its_manifest_are_both_recorded(recast: Recast, fake: FakeRegistry, tmp_path: Path) -> None:
    items = []
    for architecture in ("amd64", "arm64"):
        digest = fake.add_image(architecture.encode(), tag=architecture, architecture=architecture)
        platform = {"os": "linux", "architecture": architecture}
        items.append({"mediaType": "", "digest": digest, "size": len(fake.manifests[digest][1]), "platform": platform})
    index = fake.add_manifest({"schemaVersion": 2, "mediaType": INDEX, "manifests": items}, "1", kind=INDEX)
    spec = write_spec(tmp_path / "spec", f"{fake.name}:1")
    assert recast("image", "pin", spec, "--platform", "linux/arm64").code == 0
    pin = load_lock(spec).images[f"{fake.name}:1"]
    assert (pin.index, pin.digest, pin.platform) == (index, items[1]["digest"], "linux/arm64")
    asked = len(fake.asked("GET", "manifests"))
    assert recast("image", "pin", spec, "--check").code == 0
    assert len(fake.asked("GET", "manifests")) == asked  # a look at what is pinned costs no pull


def test_what_is_built_here_and_what_is_a_digest_stay(recast: Recast, fake: FakeRegistry, tmp_path: Path) -> None:
    there = fake.add_image(b"x")
    spec = write_spec(tmp_path / "spec", "recast/own:1", f"{fake.name}@{there}")
    built = Pin("sha256:" + "b" * 64, "linux/amd64", 1, "2026-01-01T00:00:00Z", "build")
    write_lock(spec, load_lock(spec).with_pin("recast/own:1", built))
    answer = recast("image", "pin", spec, "--update", "-o", "json")
    assert {name: row["state"] for name, row in rows(answer).items()} == {
        "recast/own:1": "built",
        f"{fake.name}@{there}": "digest",
    }
    assert load_lock(spec).images == {"recast/own:1": built}
    assert fake.seen == []


def test_a_tag_that_is_gone_keeps_its_pin(recast: Recast, fake: FakeRegistry, tmp_path: Path) -> None:
    fake.add_image(b"x", tag="1")
    spec = write_spec(tmp_path / "spec", f"{fake.name}:1")
    recast("image", "pin", spec)
    lock = load_lock(spec)
    del fake.manifests["1"]
    assert recast("image", "pin", spec, "--update").code == 0
    assert load_lock(spec) == lock
    answer = recast("image", "pin", spec, "--check")
    assert answer.code == 1 and "gone" in answer.err


def test_what_could_be_asked_is_pinned_before_the_error(recast: Recast, fake: FakeRegistry, tmp_path: Path) -> None:
    fake.add_image(b"x", tag="1")
    spec = write_spec(tmp_path / "spec", f"{fake.name}:1", f"{fake.name}:never")
    answer = recast("image", "pin", spec)
    assert answer.code == 6 and "not-found.registry" in answer.err
    assert list(load_lock(spec).images) == [f"{fake.name}:1"]
    fake.fault("HEAD", "manifests/1", status(401), times=9)
    assert recast("image", "pin", spec).code == 5


@pytest.mark.parametrize(("arguments", "code"), [(["--update", "--check"], 2), (["--platform", "amd64"], 3)])
def test_usage(recast: Recast, fake: FakeRegistry, tmp_path: Path, arguments: list[str], code: int) -> None:
    fake.add_image(b"x", tag="1")
    assert recast("image", "pin", write_spec(tmp_path / "spec", f"{fake.name}:1"), *arguments).code == code


def test_push_and_pull_by_digest(recast: Recast, home: Path, plain: Real, tmp_path: Path) -> None:
    store = ImageStore(home / "images")
    first, second = (image(store, tar(item("file", "a", os.urandom(9)))) for _ in range(2))
    store.tag("team/one:1", first)
    target = f"oci://{plain.host}/cli/one:1"
    pushed = recast("image", "push", "team/one:1", target, "-o", "json")
    assert pushed.code == 0 and pushed.json["name"] == f"{plain.host}/cli/one@{first}"
    refused = recast("image", "push", second, target)
    assert refused.code == 2 and "image.tag-taken" in refused.err
    assert recast("image", "push", second, target, "--force").code == 0
    assert recast("image", "tags", f"{plain.host}/cli/one", "-o", "json").json["tags"] == ["1"]

    shutil.rmtree(store.root)
    assert recast("image", "pull", target.removeprefix("oci://")).code == 2  # by digest only
    pulled = recast("image", "pull", pushed.json["name"], "-o", "json")
    assert pulled.code == 0 and pulled.json["images"][0]["moved"] > 0
    assert store.names() == {pushed.json["name"]: first} and verify(store) == []
    assert recast("image", "pull", pushed.json["name"], "-o", "json").json["images"][0]["moved"] == 0
    assert recast("image", "pull", f"{plain.host}/cli/one@sha256:{'0' * 64}").code == 6


def test_pull_everything_that_a_lock_names(recast: Recast, home: Path, fake: FakeRegistry, tmp_path: Path) -> None:
    digests = {f"{fake.name}:{tag}": fake.add_image(tag.encode(), tag=tag) for tag in ("a", "b")}
    spec = write_spec(tmp_path / "spec", *digests)
    assert recast("image", "pull", spec).code == 6  # nothing is pinned yet
    recast("image", "pin", spec)
    built = Pin("sha256:" + "b" * 64, "linux/amd64", 1, "2026-01-01T00:00:00Z", "build")
    write_lock(spec, load_lock(spec).with_pin("recast/own:1", built))
    answer = recast("image", "pull", spec)
    assert answer.code == 0 and "recast/own:1: built here; missing: recast image build" in answer.err
    assert ImageStore(home / "images").names() == digests
    asked = len(fake.seen)
    assert recast("image", "pull", spec / "workflow.yml").code == 0
    assert len(fake.seen) == asked  # all is here: nobody is asked


def test_a_run_pulls_what_it_needs(recast: Recast, home: Path, plain: Real, tmp_path: Path) -> None:
    """From an empty home: the image comes by its digest, the run succeeds; a second run needs no registry."""
    source = ImageStore(tmp_path / "source")
    digest = add_busybox(source)
    with Registry(f"{plain.host}/run/busybox") as registry:
        registry.push(digest, source, "1")
    spec = write_spec(tmp_path / "spec", f"{plain.host}/run/busybox:1")
    floating = recast("run", "workflow.yml", "--toplevel", spec)
    assert floating.code == 3 and "recast image pin" in floating.err
    recast("image", "pin", spec)
    answer = recast("run", "workflow.yml", "--toplevel", spec, "--runtime", "bubblewrap")
    assert answer.code == 0, answer.err
    assert f"pulling {plain.host}/run/busybox:1 ({digest})" in answer.err
    assert ImageStore(home / "images").names() == {f"{plain.host}/run/busybox:1": digest}
    again = recast("run", "workflow.yml", "--toplevel", spec, "--runtime", "bubblewrap", "--no-cache")
    assert again.code == 0 and "pulling" not in again.err


def test_a_run_without_its_registry_says_what_is_missing(recast: Recast, fake: FakeRegistry, tmp_path: Path) -> None:
    fake.add_image(b"x", tag="1")
    spec = write_spec(tmp_path / "spec", f"{fake.name}:1")
    recast("image", "pin", spec)
    fake.fault("GET", "manifests", status(404), times=9)
    answer = recast("run", "workflow.yml", "--toplevel", spec, "--runtime", "bubblewrap")
    assert answer.code == 6 and "image.not-found" in answer.err
    assert "recast image pull" in answer.err and fake.host in answer.err


def test_json_of_a_lock_of_old_still_reads(tmp_path: Path) -> None:
    document = {"digest": digest_of(b"x"), "platform": "linux/amd64", "size": 1, "resolved": "x", "source": "build"}
    (tmp_path / "images.lock.json").write_text(json.dumps({"version": 1, "images": {"a:1": document}}))
    assert load_lock(tmp_path).images["a:1"].index is None
    write_lock(tmp_path, load_lock(tmp_path))
    assert "index" not in (tmp_path / "images.lock.json").read_text()


def test_a_run_that_pulls_obeys_an_interrupt(recast: Recast, home: Path, fake: FakeRegistry, tmp_path: Path) -> None:
    """The first Ctrl-C ends the pull; what came is kept, and the run goes on with it later."""
    layer = tar(item("file", "a", os.urandom(24 << 20)))
    fake.add_image(layer, tag="1")
    spec = write_spec(tmp_path / "spec", f"{fake.name}:1")
    recast("image", "pin", spec)
    begun, go_on = threading.Event(), threading.Event()

    def slowly(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(layer)))
        handler.end_headers()
        handler.wfile.write(layer[: 8 << 20])
        begun.set()
        go_on.wait(30)
        handler.wfile.write(layer[8 << 20 :])

    fake.fault("GET", digest_of(layer), slowly)
    command = [
        sys.executable,
        "-m",
        "recast",
        "run",
        "workflow.yml",
        "--toplevel",
        str(spec),
        "--runtime",
        "bubblewrap",
    ]
    env = {**os.environ, "RECAST_HOME": str(home), "RECAST_HTTP_TIMEOUT_S": "1"}
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    try:
        assert begun.wait(30)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=BOUND_S)  # the pull sees at its next bytes that it is over
    finally:
        process.kill()
        go_on.set()
    assert process.returncode == 130, said
    assert 0 < (home / "images/partial" / digest_of(layer)[7:]).stat().st_size < len(layer)
