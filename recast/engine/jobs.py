"""A step becomes a job: its image, its command, the files it refers to, its resources, its cache key."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from typing import Any

from recast.errors import SpecError
from recast.jobs import Artifact, ContainerJob, OutputPattern, Resources
from recast.spec.model import ContainerEnvironment, HostEnvironment, Packtivity, Process
from recast.workflow import Step
from recast.workflow.interpolate import fill_command
from recast.workflow.locate import artifacts_of, map_paths, owner_of, paths_in
from recast.workflow.publish import expected_outputs

__all__ = ["cache_key", "image_digest", "job_for", "key_parts", "resources_of", "unpinned"]


def job_for(
    step: Step,
    job_id: str,
    pins: Mapping[str, str],
    directories: Mapping[str, Step],
    resources: Resources,
    *,
    allow_host_process: bool,
) -> ContainerJob:
    """Make the job of a step whose upstream steps have finished; raise SpecError if it cannot become one."""
    process, environment = _payload(step)
    options = _options(step)
    command, script, interpreter = _command(step, process, environment)
    if isinstance(environment, HostEnvironment) and not allow_host_process:
        raise SpecError(
            f"Step {step.id} wants to run on the host itself (localproc-env)",
            code="spec.host-process",
            where=_where(step),
            why="A process on the host sees your files and the network.",
            next_step="add --allow-host-process if you trust this workflow, or give the step a container image",
        )
    return ContainerJob(
        job_id=job_id,
        image=image_digest(step, pins),
        command=command,
        script=script,
        interpreter=interpreter,
        workdir=step.directory,
        cwd=environment.workdir if isinstance(environment, ContainerEnvironment) else None,
        env=dict(environment.env) if isinstance(environment, ContainerEnvironment) else {},
        inputs=_inputs(step, directories),
        outputs=_outputs(step, options),
        resources=resources,
        network=bool(options.get("network", False)),
    )


def resources_of(step: Step) -> Resources:
    """Return the resources that the spec asks for the step, with the defaults for the rest."""
    options, default = _options(step), Resources()
    return Resources(
        cpus=float(options.get("cpus", default.cpus)),
        memory_mb=int(options.get("memory_mb", default.memory_mb)),
        disk_mb=int(options.get("disk_mb", default.disk_mb)),
        walltime_s=int(options.get("walltime_s", default.walltime_s)),
    )


def image_digest(step: Step, pins: Mapping[str, str]) -> str | None:
    """Return the manifest digest of the step's image, None for a host process; raise SpecError if it floats."""
    environment = _payload(step)[1]
    if not isinstance(environment, ContainerEnvironment):
        return None
    problem = unpinned(environment, pins, _where(step))
    if problem is not None:
        raise problem
    reference = environment.reference
    return pins.get(reference) or "sha256:" + reference.rpartition("@sha256:")[2]


def unpinned(environment: ContainerEnvironment, pins: Mapping[str, str], where: str) -> SpecError | None:
    """Return the error that says that an image floats, None if a digest says which bytes are meant."""
    if "@sha256:" in environment.reference or environment.reference in pins:
        return None
    return SpecError(
        f"Image {environment.reference} is not pinned",
        code="spec.floating-image",
        where=where,
        why="A tag may mean another image tomorrow; a run needs a digest.",
        next_step="build it with 'recast image build FOLDER', which writes images.lock.json beside the workflow, "
        "or write the image as name@sha256:...",
    )


def cache_key(step: Step, pins: Mapping[str, str], directories: Mapping[str, Step]) -> str:
    """Return the key under which an equal step may be found: the sha256 of its `key_parts`."""
    text = json.dumps(key_parts(step, pins, directories), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def key_parts(step: Step, pins: Mapping[str, str], directories: Mapping[str, Step]) -> dict[str, Any]:
    """Return what makes a step what it is: contents only, never a path, time, host or run.

    Keys: `image` (digest or None), `process` [kind, template, interpreter], `arguments` (parameters with each path
    replaced by the file's own name and the digest of its content), `environment` [env, envscript, workdir] or None,
    `network`, and `outputs`, the patterns of the files that are kept.
    """
    process, environment = _payload(step)

    def content(path: str) -> Any:
        owner = owner_of(path, directories)
        if owner is None or owner[0] is step:
            return {"own": owner[1] if owner else path}
        found = artifacts_of(*owner)
        return {"name": path.rpartition("/")[2] if owner[1] else "", "is": sorted((a.path, a.digest) for a in found)}

    return {
        "image": image_digest(step, pins),
        "process": [process.kind, process.template, process.interpreter],
        "arguments": map_paths(step.arguments, content),
        "environment": [dict(environment.env), environment.envscript, environment.workdir]
        if isinstance(environment, ContainerEnvironment)
        else None,
        "network": bool(_options(step).get("network", False)),
        "outputs": sorted(output.pattern for output in expected_outputs(step)),
    }


def _command(step: Step, process: Process, environment: Any) -> tuple[str | None, str | None, str]:
    text = fill_command(process.template, step.arguments, _where(step))
    setup = environment.envscript if isinstance(environment, ContainerEnvironment) else ""
    if process.kind == "command":
        return (f". {setup} && {text}" if setup else text), None, "sh"
    if process.kind == "script":
        interpreter = process.interpreter
        return None, text, shlex.join(["sh", "-c", f". {setup} && {interpreter}"]) if setup else interpreter
    raise SpecError(f"Step {step.id} is for a person to do", code="spec.unsupported", where=_where(step))


def _inputs(step: Step, directories: Mapping[str, Step]) -> tuple[Artifact, ...]:
    """Return the files of other steps that the arguments refer to, each once, at their logical paths."""
    inputs: dict[str, Artifact] = {}
    for path in paths_in(step.arguments):
        owner = owner_of(path, directories)
        if owner is None or owner[0] is step:
            continue
        for artifact in artifacts_of(*owner):
            logical = f"{owner[0].directory}/{artifact.path}"
            inputs[logical] = Artifact(logical, artifact.digest, artifact.size, artifact.executable)
    return tuple(inputs.values())


def _outputs(step: Step, options: Mapping[str, Any]) -> tuple[OutputPattern, ...]:
    optional = set(options.get("optional_outputs", ()))
    return tuple(
        OutputPattern(output.pattern, output.required and output.pattern not in optional)
        for output in expected_outputs(step)
    )


def _payload(step: Step) -> tuple[Process, Any]:
    packtivity = step.packtivity
    assert isinstance(packtivity, Packtivity) and packtivity.process is not None, f"{step.id} runs nothing"
    return packtivity.process, packtivity.environment


def _options(step: Step) -> Mapping[str, Any]:
    environment = _payload(step)[1]
    return environment.options if isinstance(environment, ContainerEnvironment) else {}


def _where(step: Step) -> str:
    packtivity = step.packtivity
    return str((packtivity and packtivity.position) or step.id)
