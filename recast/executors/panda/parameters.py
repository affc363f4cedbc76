"""From an array of jobs to the task parameters of PanDA, exactly as they are sent. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from recast.errors import UsageError
from recast.executors.panda.settings import words
from recast.jobs import ContainerJob, Wishes
from recast.jobs.container_args import pilot_words
from recast.json_types import JsonDict, JsonObject

__all__ = ["CONTAINER_ARGS", "Choices", "SandboxRef", "chosen", "index_name", "task_name", "task_parameters"]

CONTAINER_ARGS = ("--nocvmfs", "--nohome")
"""What may be handed to the pilot's front end for containers: nothing that opens the node."""

_KB_PER_MB = 1000
_PAYLOAD = "/bin/sh recast_payload.sh"


@dataclass(frozen=True, slots=True)
class SandboxRef:
    """The sandbox of an array: its name at the server's cache, and the sha256 (hex) that a node checks."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What a user or site has chosen for tasks; `source_url` is where nodes fetch sandboxes."""

    source_url: str
    trans_path: str
    vo: str = "wlcg"
    mode: str = "pilot"
    user: str = "user.recast"
    site: str | None = None
    included_sites: tuple[str, ...] = ()
    excluded_sites: tuple[str, ...] = ()
    working_group: str | None = None
    architecture: str = ""
    prod_source_label: str = "user"
    processing_type: str = "recast-jedi-run"
    priority: int | None = None
    container_args: tuple[str, ...] = ()
    container_folder: str = "/srv"
    use_secrets: bool = False
    no_looping_check: bool = False

    @classmethod
    def of(cls, values: JsonObject) -> Choices:
        """Return the choices that the settings of the executor hold; raise UsageError for what they lack."""
        for name in ("server", "vo", "trans_path"):
            if not values.get(name):
                raise UsageError(
                    f"PanDA needs the setting {name}",
                    where="executor panda",
                    why=_WHY[name],
                    next_step=f"--panda-{name.replace('_', '-')}, or RECAST_PANDA_{name.upper()}",
                )
        arguments = words(values.get("container_args"))
        strange = [word for word in arguments if word not in CONTAINER_ARGS]
        if strange:
            raise UsageError(
                f"The pilot's container takes no argument {strange[0]!r} from RECAST",
                where="container_args of panda",
                why=f"Allowed are {' and '.join(CONTAINER_ARGS)}: others could open the node to the payload.",
                next_step="leave it out; what a site needs for all jobs belongs into the configuration of its queue",
            )
        return cls(
            source_url=str(values.get("source_url") or values["server"]).rstrip("/"),
            trans_path=values["trans_path"],
            vo=str(values["vo"]).partition(":")[0],
            mode=values.get("mode") or "pilot",
            user=str(values.get("user") or "user.recast").rstrip("."),
            site=values.get("site"),
            included_sites=words(values.get("included_sites")),
            excluded_sites=words(values.get("excluded_sites")),
            working_group=values.get("working_group"),
            architecture=values.get("architecture") or "",
            prod_source_label=values.get("prod_source_label") or "user",
            processing_type=values.get("processing_type") or "recast-jedi-run",
            priority=values.get("priority"),
            container_args=arguments,
            container_folder=str(values.get("container_folder", "/srv") or "").rstrip("/"),
            use_secrets=bool(values.get("use_secrets") or values.get("store_token_secret")),
            no_looping_check=bool(values.get("no_looping_check")),
        )


def chosen(choices: Choices, wishes: Wishes) -> Choices:
    """Return the choices for jobs with these wishes: what is said of a job wins over the settings.

    Raises ValueError for an argument of the container that the pilot has no word for.
    """
    if not wishes:
        return choices
    one = len(wishes.sites) == 1
    arguments = pilot_words(wishes.container_args).split() if choices.mode == "pilot" else []
    return replace(
        choices,
        site=(wishes.sites[0] if one else None) if wishes.sites else choices.site,
        included_sites=() if one else wishes.sites or choices.included_sites,
        excluded_sites=wishes.excluded_sites or choices.excluded_sites,
        working_group=wishes.working_group or choices.working_group,
        architecture=_platform(choices.architecture, wishes),
        container_args=tuple(dict.fromkeys((*choices.container_args, *arguments))),
        use_secrets=choices.use_secrets or bool(wishes.secrets),
    )


def _platform(setting: str, wishes: Wishes) -> str:
    """Return `@platform#CPU&GPU` with the processor and GPU that are wished for in place of the setting's."""
    rest, _, gpu = setting.partition("&")
    base, _, processor = rest.partition("#")
    processor, gpu = wishes.architecture or processor, wishes.gpu_model or gpu
    return base + (f"#{processor}" if processor else "") + (f"&{gpu}" if gpu else "")


_WHY = {
    "server": "Tasks are submitted there.",
    "vo": "The server maps a token to a user by the virtual organisation that it is told.",
    "trans_path": "Pilots start RECAST's transformation, which they download from a place that they accept.",
}


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
