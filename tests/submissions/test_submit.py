"""`recast submit` with a real container on this machine: what it runs, keeps, records, and takes up again."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recast.images import ImageStore
from tests import busybox
from tests.conftest import Answer, Recast
from tests.registry.real import real_registry
from tests.runs.test_kill import KILL_AFTER
from tests.waiting import BOUND_S

IMAGE = busybox.NAME


@pytest.fixture
def digest(home: Path) -> str:
    return busybox.add_busybox(ImageStore(home / "images"))


def submitted(recast: Recast, *arguments: object, **rest: object) -> Answer:
    answer = recast("submit", *map(str, arguments), **rest)
    assert answer.code == 0, answer.err
    return answer


def outputs(recast: Recast, run: str) -> dict[str, str]:
    """What the run left, by step and name."""
    found = {}
    for item in recast("results", run, "-o", "json").json["results"]:
        path = Path(item["path"])
        found[f"{path.parent.name}/{path.name}"] = path.read_text()
    return found


def jobs(shown: Any) -> list[dict[str, Any]]:
    return [step for step in shown["steps"] if step["image"]]


def test_a_job_is_a_run_like_any_other(recast: Recast, digest: str, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("from here\n")
    script = "cat in.txt > out.txt; echo $SEED >> out.txt; echo said; rm in.txt; echo new > in.txt"
    command = ["--name", "first", "--with", tmp_path / "in.txt", "--env", "SEED=42", "--output", "*.txt"]
    answer = submitted(recast, IMAGE, *command, "--", "sh", "-c", script)
    run = answer.out.strip()
    assert f"image      {IMAGE} is {digest} (of the image store)" in answer.err
    assert outputs(recast, "first") == {"job/out.txt": "from here\n42\n", "job/in.txt": "new\n"}
    assert recast("logs", run).out == "said\n"
    shown = recast("show", run, "-o", "json").json
    assert shown["state"] == "succeeded"
    (step,) = jobs(shown)
    assert (step["image_run"], step["exit_code"], step["attempts"]) == (digest, 0, 1)
    table = recast("show", run).out
    assert f"image    {IMAGE} is {digest}" in table
    assert "submit recast/busybox:1" in recast("runs").out
    assert recast("explain", run, "/job/0").code == 0
    again = submitted(recast, IMAGE, *command[2:], "-o", "json", "--", "sh", "-c", script)
    assert json.loads(again.out)["digest"] == digest
    assert jobs(recast("show", "last", "-o", "json").json)[0]["cached"] is True


def test_its_crate_is_the_whole_job(recast: Recast, digest: str, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("from here\n")
    words = ["--with", tmp_path / "in.txt", "--env", "SEED=42", "--memory", "1GB", "--array", 2, "--output", "out"]
    submitted(recast, IMAGE, "-q", *words, "--", "sh", "-c", "cat in.txt > out; echo $SEED {index} >> out")
    before = outputs(recast, "last")
    assert recast("results", "last", "--export", "ro-crate", tmp_path / "crate").code == 0
    again = recast("run", tmp_path / "crate", "-q", "--no-cache")
    assert again.code == 0, again.err
    assert "not repeated" not in again.err
    assert outputs(recast, "last") == before == {f"job_{i}/out": f"from here\n42 {i}\n" for i in range(2)}


def test_an_array_and_an_item_for_each_job(recast: Recast, digest: str, tmp_path: Path) -> None:
    (tmp_path / "each").write_text("a b\n\n$(id)\n'\n")
    job = tmp_path / "job.yml"
    echo = """command: [sh, -c, 'echo "$1" > o{index}', x, '{item}']"""
    job.write_text(f"image: {IMAGE}\neach: each\noutput: ['o{{index}}']\n{echo}\n")
    run = submitted(recast, "-f", job).out.strip()
    assert outputs(recast, run) == {"job_0/o0": "a b\n", "job_1/o1": "$(id)\n", "job_2/o2": "'\n"}
    run = submitted(recast, IMAGE, "--array", 3, "--output", "n", "--", "sh", "-c", "echo {index} > n").out.strip()
    assert outputs(recast, run) == {f"job_{index}/n": f"{index}\n" for index in range(3)}


def test_it_goes_on_after_its_driver_was_killed(recast: Recast, digest: str, home: Path) -> None:
    arguments = ["submit", IMAGE, "--array", "4", "--output", "n", "--", "sh", "-c", "echo {index} > n"]
    killed = subprocess.run(
        [sys.executable, str(KILL_AFTER), "3", *arguments], capture_output=True, text=True, timeout=BOUND_S,
        env={**os.environ, "RECAST_HOME": str(home)},
    )  # fmt: skip
    assert killed.returncode == -9, killed.stderr
    run = killed.stdout.strip()
    assert recast("resume", run, "-q").code == 0
    assert outputs(recast, run) == {f"job_{index}/n": f"{index}\n" for index in range(4)}


def test_a_failure_is_told_and_tried_as_often_as_said(recast: Recast, digest: str) -> None:
    answer = recast("submit", IMAGE, "-q", "--tries", 3, "--", "sh", "-c", "echo why; exit 7")
    assert answer.code == 1, answer.err
    (step,) = jobs(recast("show", "last", "-o", "json").json)
    assert (step["attempts"], step["exit_code"], step["state"]) == (3, 7, "failed")
    missing = recast("submit", IMAGE, "-q", "--output", "none", "--", "true")
    assert missing.code == 1
    assert "'none'" in missing.err


def test_what_cannot_be_is_refused_before_a_run_exists(recast: Recast, digest: str, tmp_path: Path) -> None:
    other = "aarch64" if platform.machine() == "x86_64" else "x86_64"
    for arguments, said in (
        ([IMAGE], "There is no command"),
        (["--", "true"], "There is no image"),
        ([IMAGE, "true"], "unexpected extra argument"),
        ([IMAGE, "--output", "../x", "--", "true"], "cannot be an output"),
        ([IMAGE, "--with", tmp_path / "none", "--", "true"], "no such file"),
        ([IMAGE, "--site", "CERN", "--", "true"], "cannot grant --site"),
        ([IMAGE, "--arch", other, "--", "true"], f"is for amd64, not for {other}"),
        ([IMAGE, "--container-arg", "privileged", "--", "true"], "not an argument that a container may get"),
        ([IMAGE, "--secret", "s3cr3t!", "--", "true"], "not a NAME"),
        ([IMAGE, "--env", "T=ghp_" + "a" * 36, "--", "true"], "looks like a secret"),
        ([IMAGE, "-f", tmp_path / "none.yml", "--", "true"], "cannot be read"),
    ):
        if said.startswith("is for") and other == "x86_64":
            continue
        answer = recast("submit", *arguments)
        assert answer.code in (2, 3), answer.err
        assert said in answer.err
        assert "next" in answer.err or "where" in answer.err
    assert recast("runs", "-o", "json").json == {"runs": []}


def test_a_tag_of_a_registry_is_pinned_on_the_spot(recast: Recast, home: Path, tmp_path: Path) -> None:
    elsewhere = ImageStore(tmp_path / "elsewhere")
    digest = busybox.add_busybox(elsewhere)
    with real_registry(tmp_path / "registry") as registry:
        name = f"{registry.host}/some/busybox:1"
        pushed = recast("image", "push", busybox.NAME, name, "--store", tmp_path / "elsewhere")
        assert pushed.code == 0, pushed.err
        answer = submitted(recast, name, "-q", "--output", "out", "--", "sh", "-c", "echo hello > out")
        assert f"image      {name} is {digest} (asked {registry.host})" in answer.err
    assert outputs(recast, "last") == {"job/out": "hello\n"}
    (step,) = jobs(recast("show", "last", "-o", "json").json)
    assert step["image_run"] == digest


def test_shared_memory_is_as_large_as_said(recast: Recast, digest: str) -> None:
    script = "dd if=/dev/zero of=/dev/shm/x bs=1000000 count=3 2>/dev/null && echo large || echo small"
    submitted(recast, IMAGE, "-q", "--container-arg", "shm-size=2MB", "--", "sh", "-c", script)
    assert recast("logs", "last").out == "small\n"


def test_from_python(home: Path, digest: str, tmp_path: Path) -> None:
    import recast
    from recast.errors import UsageError

    (tmp_path / "in.txt").write_text("3\n")
    script = "echo $(cat in.txt) {item} $SEED > out"
    run = recast.submit(
        IMAGE,
        ["sh", "-c", script],
        files=[tmp_path / "in.txt"],
        outputs=["out"],
        each=["a", "b"],
        env={"SEED": 4},
        memory="1GB",
        progress=False,
    )
    assert run.state == "succeeded"
    assert [Path(result.path).read_text() for result in run.results] == ["3 a 4\n", "3 b 4\n"]
    with pytest.raises(UsageError, match="'colour' is not an option"):
        recast.submit(IMAGE, ["true"], colour="red")
