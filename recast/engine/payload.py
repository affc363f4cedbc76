"""What the job of a step runs: its command or script with values filled in, and the texts generated for it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from recast.engine.options import options_of
from recast.errors import SpecError
from recast.jobs import RUN_ROOT
from recast.json_types import JsonValue
from recast.spec.model import ContainerEnvironment, Process
from recast.workflow import Step
from recast.workflow.interpolate import RequestText, fill, fill_command
from recast.workflow.programs import Jq

__all__ = ["LONGEST_COMMAND_BYTES", "Payload", "payload_of", "work_folder"]

LONGEST_COMMAND_BYTES = 100_000
"""Linux limits a single argument to 128 KiB (MAX_ARG_STRLEN), and COMMAND in `sh -c COMMAND` is one."""

_TEXTS = f"{RUN_ROOT}/.texts"


@dataclass(frozen=True, slots=True)
class Payload:
    """A command (for `sh -c`) or a script with its interpreter, and the texts it reads, by path."""

    command: str | None
    script: str | None
    interpreter: str = "sh"
    texts: Mapping[str, str] = field(default_factory=dict)


def payload_of(step: Step, process: Process, jq: Jq) -> Payload:
    """Fill the template of a step; raise SpecError if that is not possible."""
    where = step.where
    if process.kind == "manual":
        raise SpecError(f"Step {step.id} has to be done by a person", code="spec.unsupported", where=where)
    environment = step.packtivity.environment if step.packtivity else None
    setup = environment.envscript if isinstance(environment, ContainerEnvironment) else ""
    texts = dict(_parameter_mounts(environment, step, jq)) if isinstance(environment, ContainerEnvironment) else {}
    arguments = _with_path_files(step, texts) if "path_files" in options_of(step) else step.arguments
    text = fill_command(process.template, arguments, where)
    if process.kind == "script":
        interpreter = process.interpreter
        in_setup = shlex.join(["sh", "-c", f". {setup} && {interpreter}"]) if setup else interpreter
        return Payload(None, text, in_setup, texts)
    command = f". {setup} && {text}" if setup else text
    if len(command) * 4 > LONGEST_COMMAND_BYTES and len(command.encode()) > LONGEST_COMMAND_BYTES:
        # A shell reads a whole group before it runs anything, so no command can consume the script as its input.
        return Payload(None, f"{{ {command}\n}} </dev/null\n", "sh", texts)
    return Payload(command, None, "sh", texts)


def work_folder(step: Step) -> str | None:
    """Return the working directory of a container environment, None for the image's own."""
    environment = step.packtivity.environment if step.packtivity else None
    if not isinstance(environment, ContainerEnvironment) or environment.workdir is None:
        return None
    return fill(environment.workdir, {"workdir": step.directory}, step.where)


def _parameter_mounts(environment: ContainerEnvironment, step: Step, jq: Jq) -> dict[str, str]:
    """Return the outputs of jq programs over the parameters, by the path of the file that is mounted with them."""
    mounts: dict[str, str] = {}
    for mount in environment.parameter_mounts:
        if not mount.mountpath.startswith("/") or ".." in mount.mountpath.split("/"):
            raise SpecError(
                f"The mountpath {mount.mountpath!r} is not an absolute path",
                code="spec.mountpath",
                where=step.where,
                next_step="write an absolute path without '..'",
            )
        mounts[mount.mountpath] = str(jq(mount.jqscript, step.arguments, as_text=True)[0])
    return mounts


def _with_path_files(step: Step, texts: dict[str, str]) -> JsonValue:
    """Return the arguments with each list that `path_files` names replaced by a file that contains it, one item per
    line.
    """
    names = options_of(step)["path_files"]
    if not isinstance(step.arguments, dict) or not set(names) <= step.arguments.keys():
        raise SpecError(
            f"path_files names {', '.join(sorted(set(names) - set(step.arguments)))!r}, which is not a parameter",
            code="spec.path-files",
            where=step.where,
            next_step=f"name some of {', '.join(step.arguments)}",
        )
    arguments = dict(step.arguments)
    for name in names:
        value = arguments[name]
        items = value if isinstance(value, list) else [value]
        path = arguments[name] = f"{_TEXTS}/{name}"
        texts[path] = "".join(f"{_bare(item)}\n" for item in items)
    return arguments


def _bare(item: JsonValue) -> JsonValue:
    return str(item) if isinstance(item, RequestText) else item
