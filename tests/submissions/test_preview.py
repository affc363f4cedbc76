"""A dry run says what would be sent, word for word, and sends nothing."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from recast.errors import UsageError
from recast.executors.arc import preview as arc
from recast.executors.htcondor import preview as htcondor
from recast.executors.panda import preview as panda
from recast.executors.panda.choices import Choices, chosen
from recast.executors.registry import executor_class
from recast.executors.settings import Setting
from recast.executors.slurm import preview as slurm
from recast.images import ImageStore
from recast.jobs import ContainerJob, Resources, SecretWish, Wishes
from recast.json_types import JsonDict
from tests import busybox
from tests.conftest import Recast

DIGEST = "sha256:" + "a" * 64
WISHES = Wishes(
    "aarch64", "nvidia-a100", ("CERN",), ("BNL",), "susy", ("no-home",), (SecretWish("EOS", "TOKEN"),)
)  # fmt: skip
PANDA = {"server": "https://panda.example.org", "trans_path": "https://example.org/trf", "vo": "wlcg:production"}


def job(index: int, wishes: Wishes = WISHES, memory_mb: int = 4000) -> ContainerJob:
    resources = Resources(cpus=2, memory_mb=memory_mb, gpus=1)
    name = f"run-{index}-1"
    return ContainerJob(name, DIGEST, "true", None, "sh", "/recast/run/job", resources=resources, wishes=wishes)


def values(executor: str, **said: object) -> JsonDict:
    settings: tuple[Setting, ...] = executor_class(executor).settings
    return {**{setting.name: setting.default for setting in settings}, **said}


def test_slurm_is_told_by_sbatch_and_a_script() -> None:
    ((name, text),) = slurm.preview(values("slurm", account="other"), [job(0), job(1)])
    words, script = text.split(" <<'END'\n")
    asked = shlex.split(words)
    assert asked[0] == "sbatch"
    assert {f"--job-name={name}", "--array=0-1", "--cpus-per-task=2", "--gres=gpu:a100:1"} <= set(asked)
    assert [word for word in asked if word.startswith("--account")] == ["--account=susy"]
    assert script.startswith("#!/bin/sh\n")
    assert 'tasks "$SLURM_ARRAY_TASK_ID"' in script


def test_jobs_that_differ_are_arrays_of_their_own() -> None:
    assert len(list(slurm.preview(values("slurm"), [job(0), job(1, memory_mb=5000), job(2, Wishes())]))) == 3


def test_htcondor_is_told_by_a_submit_description() -> None:
    ((_, text),) = htcondor.preview(values("htcondor", accounting_group="other"), [job(0), job(1)])
    said = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    assert said["requirements"] == 'TARGET.Arch == "aarch64"'
    assert said["require_gpus"] == 'regexp("a100", DeviceName, "i")'
    assert (said["accounting_group"], said["request_cpus"], said["request_gpus"]) == ("susy", "2", "1")
    assert text.splitlines()[-4] == "queue index, token, files from ("


def test_arc_is_told_by_a_description_for_each_job() -> None:
    found = list(arc.preview(values("arc", queue="gpu"), [job(0), job(1)]))
    assert [name.rpartition(".")[2] for name, _ in found] == ["0", "1"]
    assert all('(memory="4000")' in text and '(queue="gpu")' in text for _, text in found)


def test_panda_is_told_by_task_parameters() -> None:
    ((_, text),) = panda.preview(values("panda", **PANDA), [job(0), job(1)], {DIGEST: f"ghcr.io/org/ana@{DIGEST}"})
    sent = json.loads(text)
    assert sent["container_name"] == f"docker://ghcr.io/org/ana@{DIGEST}"
    assert (sent["site"], sent["excludedSite"], sent["workingGroup"]) == ("CERN", ["BNL"], "susy")
    assert sent["architecture"] == "#aarch64&nvidia-a100"
    assert sent["useSecrets"] is True
    assert sent["multiStepExec"]["containerOptions"]["execArgs"] == "--nohome"
    assert (sent["coreCount"], sent["ramCount"], sent["maxAttempt"]) == (2, 2000, 1)
    assert sent["pfnList"] == ["job-0", "job-1"]
    assert "EOS" not in text  # which secrets a job gets is the worker's affair


def test_panda_says_what_it_cannot_have() -> None:
    with pytest.raises(UsageError, match="no way to the image"):
        list(panda.preview(values("panda", **PANDA), [job(0)], {DIGEST: f"recast/busybox@{DIGEST}"}))
    odd = [job(0, Wishes(container_args=("shm-size=1MB",)))]
    with pytest.raises(UsageError, match="no word for shm-size"):
        list(panda.preview(values("panda", **PANDA), odd, {DIGEST: f"ghcr.io/org/ana@{DIGEST}"}))


def test_what_is_said_of_a_job_wins_over_settings() -> None:
    of_settings = Choices.of(values("panda", **PANDA, site="A", working_group="b", architecture="@el9#x86_64&nvidia"))
    assert chosen(of_settings, Wishes()) is of_settings
    found = chosen(of_settings, Wishes(sites=("X", "Y"), gpu_model="amd"))
    assert (found.site, found.included_sites, found.working_group) == (None, ("X", "Y"), "b")
    assert found.architecture == "@el9#x86_64&amd"
    assert chosen(of_settings, Wishes("aarch64")).architecture == "@el9#aarch64&nvidia"


def test_nothing_is_sent_or_written(recast: Recast, home: Path) -> None:
    digest = busybox.add_busybox(ImageStore(home / "images"))
    words = [busybox.NAME, "--array", "2", "--memory", "3GB", "--dry-run"]
    answer = recast("submit", *words, "-o", "json", "--", "echo", "{index}")
    assert answer.code == 0, answer.err
    shown = answer.json
    assert (shown["digest"], shown["executor"], shown["sent"]) == (digest, "local", [])
    assert [item["command"] for item in shown["jobs"]] == ["echo 0", "echo 1"]
    assert {item["resources"]["memory_mb"] for item in shown["jobs"]} == {3000}
    answer = recast("submit", *words, "--executor", "slurm", "--", "echo", "{index}")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("sbatch --parsable")
    assert not (home / "runs").exists()
