"""What a task is asked for: read by PanDA's refiner and generator, so each name and value counts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from recast.errors import UsageError
from recast.executors.panda.choices import Choices
from recast.executors.panda.parameters import SandboxRef, task_parameters
from recast.jobs import ContainerJob, Resources

IMAGE = "registry.example.org/ana/image@sha256:" + "ab" * 32
SANDBOX = SandboxRef("jobO.12345678-1234-1234-1234-123456789abc.tar.gz", "cd" * 32)
GIVEN: dict[str, Any] = {
    "server": "https://panda.example.org:25443/",
    "vo": "wlcg:production",
    "trans_path": "https://panda.example.org/trf/recast-panda",
    "user": "user.jdoe",
}
JOB = ContainerJob(
    "j-1",
    "sha256:" + "ab" * 32,
    "true",
    None,
    "sh",
    "/recast/run/a",
    resources=Resources(cpus=2.5, memory_mb=4000, disk_mb=7, walltime_s=600),
)


def parameters(count: int = 1, gpus: int = 0, **changed: Any) -> dict[str, Any]:
    job = replace(JOB, resources=replace(JOB.resources, gpus=gpus))
    return task_parameters("recast-run-1", [job] * count, IMAGE, SANDBOX, Choices.of({**GIVEN, **changed}), 120)


def test_one_job_in_the_pilots_container() -> None:
    assert parameters() == {
        "taskName": "user.jdoe.recast-run-1/",
        "uniqueTaskName": True,
        "vo": "wlcg",
        "architecture": "",
        "transUses": "",
        "transHome": None,
        "transPath": "https://panda.example.org/trf/recast-panda",
        "processingType": "recast-jedi-run",
        "prodSourceLabel": "user",
        "site": None,
        "includedSite": None,
        "excludedSite": [],
        "cliParams": "recast array recast-run-1",
        "noEmail": True,
        "respectSplitRule": True,
        "maxAttempt": 1,
        "maxFailure": 1,
        "disableAutoRetry": 1,
        "skipScout": True,
        "coreCount": 3,
        "ramCount": 1334,
        "ramCountUnit": "MBPerCoreFixed",
        "outDiskCount": 7000,
        "outDiskUnit": "kBFixed",
        "walltime": 720,
        "sourceURL": "https://panda.example.org:25443",
        "log": {
            "dataset": "user.jdoe.recast-run-1.log/",
            "container": "user.jdoe.recast-run-1.log/",
            "type": "template",
            "param_type": "log",
            "value": "user.jdoe.recast-run-1.log.$JEDITASKID.${SN}.log.tgz",
        },
        "noInput": True,
        "nEvents": 1,
        "nEventsPerJob": 1,
        "jobParameters": [
            {"type": "constant", "value": "--sourceURL ${SURL}"},
            {"type": "constant", "value": f"-a {SANDBOX.name}"},
            {"type": "constant", "value": f"--sha256 {SANDBOX.sha256}"},
            {"type": "constant", "value": "--index job-0"},
            {"type": "constant", "value": "--inside /srv"},
        ],
        "container_name": f"docker://{IMAGE}",
        "multiStepExec": {
            "preprocess": {"command": "${TRF}", "args": "--preprocess ${TRF_ARGS}"},
            "postprocess": {"command": "${TRF}", "args": "--postprocess ${TRF_ARGS}"},
            "containerOptions": {
                "containerExec": "/bin/sh recast_payload.sh",
                "containerImage": f"docker://{IMAGE}",
            },
        },
    }


def test_an_array_names_its_jobs() -> None:
    made = parameters(3)
    assert made["pfnList"] == ["job-0", "job-1", "job-2"] and made["nFiles"] == 3 and made["nFilesPerJob"] == 1
    assert {"type": "constant", "value": "--index ${IN}"} in made["jobParameters"]
    assert "nEvents" not in made


@pytest.mark.parametrize(
    ("wanted", "gpus", "expected"),
    [("", 0, ""), ("", 1, "&nvidia"), ("@el9#x86_64", 2, "@el9#x86_64&nvidia"), ("#&amd-.*", 1, "#&amd-.*")],
)
def test_a_gpu_is_asked_for_in_pandas_words(wanted: str, gpus: int, expected: str) -> None:
    assert parameters(gpus=gpus, architecture=wanted)["architecture"] == expected


def test_our_own_container_needs_none_of_the_pilots() -> None:
    made = parameters(mode="own")
    assert "container_name" not in made and "multiStepExec" not in made
    assert not any("--inside" in item["value"] for item in made["jobParameters"])


def test_what_is_chosen_is_sent() -> None:
    made = parameters(
        site="SITE_A",
        included_sites="A B",
        excluded_sites="C, D",
        working_group="phys-susy",
        priority=900,
        container_args="--nohome",
        use_secrets=True,
        no_looping_check=True,
        source_url="https://cache.example.org/",
    )
    assert (made["site"], made["includedSite"], made["excludedSite"]) == ("SITE_A", ["A", "B"], ["C", "D"])
    assert (made["workingGroup"], made["currentPriority"]) == ("phys-susy", 900)
    assert made["useSecrets"] is True and made["noLoopingCheck"] is True
    assert made["sourceURL"] == "https://cache.example.org"
    assert made["multiStepExec"]["containerOptions"]["execArgs"] == "--nohome"
    assert json.loads(json.dumps(made)) == made


@pytest.mark.parametrize("name", ["server", "vo", "trans_path"])
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(UsageError, match=name) as caught:
        Choices.of({**GIVEN, name: None})
    assert f"--panda-{name.replace('_', '-')}" in caught.value.next_step


@pytest.mark.parametrize("text", ["--bind /:/host", "--nohome;id", "-B", "--nocvmfs $(id)"])
def test_no_argument_opens_the_node(text: str) -> None:
    with pytest.raises(UsageError, match="takes no argument"):
        Choices.of({**GIVEN, "container_args": text})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trans_path", "file:///etc/passwd"),
        ("trans_path", "https://example.org/x;id"),
        ("trans_path", "https://example.org/x y"),
        ("container_folder", "srv"),
        ("container_folder", "/srv;id"),
        ("container_folder", "/srv/$(id)"),
        ("user", "user.j doe"),
        ("user", "../x"),
    ],
)
def test_what_becomes_part_of_a_command_has_a_form(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"no {name}"):
        Choices.of({**GIVEN, name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("container_folder", ""), ("container_folder", "/srv/"), ("user", "group.x.")]
)
def test_forms_that_are_fine(name: str, value: str) -> None:
    Choices.of({**GIVEN, name: value})
