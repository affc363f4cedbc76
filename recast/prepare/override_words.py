"""From words such as `--memory 4GB` and `--stage fit:gpus=1` to what a run overrides; wrong words are named at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from recast.engine.overrides import RunOverrides, StageOverrides
from recast.errors import UsageError
from recast.jobs import RUN_ROOT, Bind
from recast.jobs.amounts import megabytes, seconds
from recast.jobs.wishes import SECRETS_TARGET
from recast.json_types import JsonDict
from recast.prepare.wish_words import WISH_KEYS, take_wish, wishes_from
from recast.spec.model import ContainerEnvironment, Packtivity, Stage, Workflow
from recast.spec.traverse import bodies_of, packtivities_of

__all__ = ["KEYS", "OverrideFlags", "overrides_of"]

KEYS = ("cpus", "memory", "disk", "walltime", "gpus", "network", "env", "bind", "cvmfs", *WISH_KEYS)
"""What `--stage NAME:KEY=VALUE` can say; the first six and `env` of a process on the host, too."""

_SPEC_NAMES = {"memory_mb": "memory", "disk_mb": "disk", "walltime_s": "walltime"}
_FIELDS = {spoken: name for name, spoken in _SPEC_NAMES.items()}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IMAGE = re.compile(r"[^\s@=]+@sha256:[0-9a-f]{64}")
_YES_NO = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_TAKEN = (RUN_ROOT, "/proc", "/dev", "/sys", "/recast_auth", SECRETS_TARGET)
MOST_CPUS, MOST_GPUS, MOST_STAGES = 10_000, 1000, 100_000


@dataclass(frozen=True, slots=True)
class OverrideFlags:
    """What the user said, as it was said.

    `everywhere` are (key, value) of `KEYS`, `stages` are NAME:KEY=VALUE, `images` are NAME=REF@sha256:..., `tries` is
    how often a step may be started.
    """

    everywhere: tuple[tuple[str, str], ...] = ()
    stages: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    tries: int | None = None


@dataclass(slots=True)
class _Gathered:
    """What is known of one stage so far."""

    env: dict[str, str] = field(default_factory=dict)
    binds: dict[str, Bind] = field(default_factory=dict)
    amounts: JsonDict = field(default_factory=dict)
    wishes: dict[str, list[object]] = field(default_factory=dict)

    def take(self, key: str, value: str, where: str) -> None:
        if key == "gpu" and value.isdecimal():  # how many, and of any kind
            key = "gpus"
        if key == "env":
            name, variable = _variable(value, where)
            self.env[name] = variable
        elif key == "bind":
            bind = _bind(value, where)
            self.binds[bind.target] = bind
        elif key in WISH_KEYS:
            take_wish(self.wishes, key, value, where)
        else:
            self.amounts[_FIELDS.get(key, key)] = _amount(key, value, where)

    def made(self) -> StageOverrides:
        if "gpu_model" in self.wishes:
            self.amounts.setdefault("gpus", 1)
        return StageOverrides(self.env, tuple(self.binds.values()), **self.amounts, wishes=wishes_from(self.wishes))


def overrides_of(words: OverrideFlags, workflow: Workflow) -> RunOverrides:
    """Return what words say about the run of a workflow; raise UsageError for a wrong one, by its flag."""
    everywhere = _Gathered()
    for key, value in words.everywhere:
        everywhere.take(key, value, f"--{key}")
    stages: dict[str, _Gathered] = {}
    known = _stages(workflow)
    for text in words.stages:
        name, key, value = _stage_word(text)
        if name not in known:
            raise _no_stage(name, known)
        stages.setdefault(name, _Gathered()).take(key, value, f"--stage {name}:{key}")
    images = dict(_image(text, workflow) for text in words.images)
    of_stages = {name: stage.made() for name, stage in stages.items()}
    made = RunOverrides(everywhere.made(), of_stages, images, words.tries)
    _check_binds(made, workflow, known)
    return made


def _stage_word(text: str) -> tuple[str, str, str]:
    name, colon, rest = text.partition(":")
    key, equals, value = rest.partition("=")
    key = _SPEC_NAMES.get(key, key)
    if not (name and colon and equals and key in KEYS):
        raise UsageError(
            f"{text!r} is not a NAME:KEY=VALUE",
            where="--stage",
            why=f"KEY is one of {', '.join(KEYS)}.",
            next_step="write for example --stage fit:memory=4GB",
        )
    return name, key, value


def _amount(key: str, value: str, where: str) -> Any:
    try:
        if key == "memory" or key == "disk":
            return megabytes(value)
        if key == "walltime":
            return seconds(value)
        if key in ("network", "cvmfs"):
            return _YES_NO[value.lower()]
        number = float(value)
    except (ValueError, KeyError) as problem:
        takes = "yes or no" if key in ("network", "cvmfs") else "a number"
        why = str(problem) if key in _FIELDS else f"it takes {takes}"
        raise UsageError(f"{value!r} is no {key}", where=where, why=why) from None
    if key == "cpus" and 0 < number <= MOST_CPUS:
        return number
    if key == "gpus" and 0 <= number <= MOST_GPUS and number == int(number):
        return int(number)
    raise UsageError(f"{value!r} is not a number of {key} that a job can have", where=where)


def _variable(text: str, where: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not _VARIABLE.fullmatch(name) or "\0" in value:
        raise UsageError(
            f"{name!r} is not a NAME=VALUE", where=where, next_step="write for example --env OMP_NUM_THREADS=4"
        )
    _refuse_secret(name, value, where)
    return name, value


def _refuse_secret(name: str, value: str, where: str) -> None:
    from recast.masked import MASK, masked_json

    if masked_json({name: value})[name] != value or MASK in value:
        raise UsageError(
            f"The value of {name} looks like a secret",
            where=where,
            why="Whatever is set here is written into the run and into all that is made of it.",
            next_step="hand it in by its name: --secret NAME=VARIABLE (docs/how-to/choose-the-environment.md)",
        )


def _bind(text: str, where: str) -> Bind:
    source, target, mode = (*text.split(":"), "ro")[:3] if text.count(":") in (1, 2) else ("", "", "")
    if not source or not target.startswith("/") or mode not in ("ro", "rw") or "\0" in text:
        raise UsageError(
            f"{text!r} is not a SRC:DST[:rw]",
            where=where,
            why="SRC is a folder or file of the node, DST where containers see it, a path that begins with a slash.",
            next_step="write for example --bind /data/events:/data",
        )
    target = os.path.normpath("/" + target.lstrip("/"))
    if target == "/" or any(_overlaps(target, taken) for taken in _TAKEN):
        raise UsageError(
            f"Nothing can be bound at {target}",
            where=where,
            why=f"These places have a meaning of their own: /, {', '.join(_TAKEN)}.",
            next_step=f"choose another place: --bind {source}:/data",
        )
    # Without the dots, which `Path.absolute` would leave in: rules of a site go by the beginning of the path.
    source = os.path.abspath(Path(source).expanduser())  # noqa: PTH100
    return Bind(source, target, mode == "rw", Path(source).is_file())


def _overlaps(one: str, other: str) -> bool:
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")


def _image(text: str, workflow: Workflow) -> tuple[str, str]:
    """Return (the spec's reference, the image in its place)."""
    name, equals, image = text.rpartition("=")
    if not equals or not _IMAGE.fullmatch(image):
        raise UsageError(
            f"{text!r} is not a NAME=REF@sha256:...",
            where="--image-override",
            why="Another image has to be named by its digest: a tag may mean another one tomorrow.",
            next_step="recast image ls, or recast image pin, tell digests",
        )
    environments = (body.environment for body in packtivities_of(workflow))
    known = {item.reference for item in environments if isinstance(item, ContainerEnvironment)}
    meant = [item for item in sorted(known) if name in (item, item.partition("@")[0], item.rpartition(":")[0])]
    if len(meant) != 1:
        raise UsageError(
            f"The workflow uses {'more than one' if meant else 'no'} image {name!r}",
            where="--image-override",
            why=f"Its images: {', '.join(meant or sorted(known)) or 'none'}.",
            next_step="write one of them in full",
        )
    return meant[0], image


def _stages(workflow: Workflow) -> dict[str, bool]:
    """Return the names of all stages, alone and with those around them, and whether any of them has a container."""
    found: dict[str, bool] = {}
    for path, stage in islice(_walk(workflow), MOST_STAGES):
        boxed = any(_has_container(body) for body in bodies_of(stage))
        for name in (path, stage.name):
            found[name] = found.get(name, False) or boxed
    return found


def _walk(workflow: Workflow, above: str = "") -> Iterator[tuple[str, Stage]]:
    for stage in workflow.stages:
        yield above + stage.name, stage
        for body in bodies_of(stage):
            if isinstance(body, Workflow):
                yield from _walk(body, f"{above}{stage.name}/")


def _has_container(body: Packtivity | Workflow) -> bool:
    bodies = packtivities_of(body) if isinstance(body, Workflow) else (body,)
    return any(isinstance(item.environment, ContainerEnvironment) for item in bodies)


def _no_stage(name: str, known: Mapping[str, bool]) -> UsageError:
    from recast.suggest import nearest

    near = nearest(name, known)
    return UsageError(
        f"There is no stage {name!r}",
        where=f"--stage {name}",
        why=f"Did you mean {near}?" if near else f"Stages: {', '.join(_first(known))}.",
        next_step="recast spec graph says how all stages are called",
    )


def _first(names: Iterable[str], most: int = 20) -> list[str]:
    listed = sorted(names)
    return [*listed[:most], *(["..."] if len(listed) > most else [])]


def _check_binds(made: RunOverrides, workflow: Workflow, stages: Mapping[str, bool]) -> None:
    """Raise UsageError for a bind or a secret that no container would ever see."""
    for name, said in made.everywhere.items():
        if said.wishes.secrets and not (stages[name] if name else any(stages.values())):
            raise UsageError(
                f"{'No step' if not name else f'No step of stage {name}'} has a container to give a secret to",
                where=f"--secret {said.wishes.secrets[0]}",
                why="A process on the host sees your files anyway.",
                next_step="leave --secret out",
            )
        if said.binds and not (stages[name] if name else any(stages.values())):
            raise UsageError(
                f"{'No step' if not name else f'No step of stage {name}'} has a container to bind into",
                where=f"--bind {said.binds[0]}",
                why="A process on the host sees the host's files anyway.",
                next_step="leave --bind out",
            )
