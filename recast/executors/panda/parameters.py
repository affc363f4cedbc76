"""From an array of jobs to the task parameters of PanDA, exactly as they are sent. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from recast.executors.panda.choices import Choices, chosen
from recast.jobs import ContainerJob
from recast.json_types import JsonDict

__all__ = ["SandboxRef", "index_name", "task_name", "task_parameters"]

_KB_PER_MB = 1000
_PAYLOAD = "/bin/sh recast_payload.sh"


@dataclass(frozen=True, slots=True)
class SandboxRef:
    """The sandbox of an array: its name at the server's cache, and the sha256 (hex) that a node checks."""

    name: str
    sha256: str


def task_name(array: str, choices: Choices) -> str:
    """Return the name of the task of an array: what PanDA keeps unique, and by which the task is found again."""
    return f"{choices.user}.{array}/"


def index_name(index: int) -> str:
    """Return what a job is told to be: text that survives whatever PanDA does with names of files."""
    return f"job-{index}"


def task_parameters(
    array: str, jobs: Sequence[ContainerJob], image: str, sandbox: SandboxRef, choices: Choices, margin_s: int
) -> JsonDict:
    """Return the parameters of the task of an array: of one image, one set of resources.

    `image` is `registry/repository@sha256:...`; it is not used where RECAST's own worker starts the container.
    `margin_s` is added to the wall time for staging.
    """
    choices = chosen(choices, jobs[0].wishes)
    name = task_name(array, choices)
    resources = jobs[0].resources
    cores = math.ceil(resources.cpus)
    parameters: JsonDict = {
        "taskName": name,
        "uniqueTaskName": True,
        "vo": choices.vo,
        "architecture": _architecture(choices.architecture, resources.gpus),
        "transUses": "",
        "transHome": None,
        "transPath": choices.trans_path,
        "processingType": choices.processing_type,
        "prodSourceLabel": choices.prod_source_label,
        "site": choices.site,
        "includedSite": list(choices.included_sites) or None,
        "excludedSite": list(choices.excluded_sites),
        "cliParams": f"recast array {array}",
        "noEmail": True,
        "respectSplitRule": True,
        # Only RECAST may start a job a second time: under a new name, with the reason in its journal.
        "maxAttempt": 1,
        "maxFailure": 1,
        "disableAutoRetry": 1,
        "skipScout": True,
        "coreCount": cores,
        "ramCount": math.ceil(resources.memory_mb / cores),
        "ramCountUnit": "MBPerCoreFixed",
        "outDiskCount": resources.disk_mb * _KB_PER_MB,
        "outDiskUnit": "kBFixed",
        "walltime": resources.walltime_s + margin_s,
        "sourceURL": choices.source_url,
        "log": _log(name),
        **_split(len(jobs)),
        "jobParameters": _job_parameters(sandbox, len(jobs), choices),
    }
    if choices.mode == "pilot":
        parameters |= _in_container(f"docker://{image}", choices.container_args)
    optional = {
        "workingGroup": choices.working_group,
        "currentPriority": choices.priority,
        "useSecrets": choices.use_secrets or None,
        "noLoopingCheck": choices.no_looping_check or None,
    }
    return parameters | {key: value for key, value in optional.items() if value is not None}


def _architecture(wanted: str, gpus: int) -> str:
    """Return PanDA's `@platform#CPU&GPU`; a job that needs a GPU gets one of any model if none is named."""
    return f"{wanted}&nvidia" if gpus and "&" not in wanted else wanted


def _split(count: int) -> JsonDict:
    """Return what makes so many jobs of a task; the place in a list of names says which is which, also when retried."""
    if count == 1:
        return {"noInput": True, "nEvents": 1, "nEventsPerJob": 1}
    names = [index_name(index) for index in range(count)]
    return {"noInput": True, "pfnList": names, "nFiles": count, "nFilesPerJob": 1}


def _in_container(image: str, arguments: Sequence[str]) -> JsonDict:
    """Return what makes the pilot run our three phases: around the container on the host, the payload inside."""
    options = {"containerExec": _PAYLOAD, "containerImage": image}
    if arguments:
        options["execArgs"] = " ".join(arguments)
    return {
        "container_name": image,
        "multiStepExec": {
            "preprocess": {"command": "${TRF}", "args": "--preprocess ${TRF_ARGS}"},
            "postprocess": {"command": "${TRF}", "args": "--postprocess ${TRF_ARGS}"},
            "containerOptions": options,
        },
    }


def _log(name: str) -> JsonDict:
    dataset = f"{name.rstrip('/')}.log"
    return {
        "dataset": f"{dataset}/",
        "container": f"{dataset}/",
        "type": "template",
        "param_type": "log",
        "value": f"{dataset}.$JEDITASKID.${{SN}}.log.tgz",
    }


def _job_parameters(sandbox: SandboxRef, count: int, choices: Choices) -> list[JsonDict]:
    """Return the words for the transformation; nothing in them is secret: PanDA shows them, pilots log them."""
    index = index_name(0) if count == 1 else "${IN}"
    texts = ["--sourceURL ${SURL}", f"-a {sandbox.name}", f"--sha256 {sandbox.sha256}", f"--index {index}"]
    if choices.mode == "pilot" and choices.container_folder:
        texts.append(f"--inside {choices.container_folder}")
    return [{"type": "constant", "value": text} for text in texts]
