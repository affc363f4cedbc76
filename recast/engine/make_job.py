"""Turn a step into a job: its image, its command, the files it refers to, its resources, its cache key."""

from __future__ import annotations

import json
from collections.abc import Mapping

from recast.digests import digest_of
from recast.engine.options import binds_of, env_of, needs_of_step, options_of, wishes_of
from recast.engine.overrides import NO_OVERRIDES, RunOverrides
from recast.engine.payload import payload_of, work_folder
from recast.errors import SpecError
from recast.jobs import Artifact, ContainerJob, OutputPattern, Resources, unfit
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.spec.model import ContainerEnvironment, HostEnvironment, Packtivity, Process
from recast.workflow import Step
from recast.workflow.locate import artifacts_of, map_paths, owner_of, paths_in
from recast.workflow.programs import Jq
from recast.workflow.publish import document_path, expected_outputs, is_optional

__all__ = ["cache_key", "image_digest", "job_for", "key_parts", "unpinned"]


def job_for(
    step: Step,
    job_id: str,
    pins: Mapping[str, str],
    directories: Mapping[str, Step],
    resources: Resources,
    jq: Jq,
    *,
    allow_host_process: bool,
    overrides: RunOverrides = NO_OVERRIDES,
) -> ContainerJob:
    """Return the job of a step whose upstream steps have finished; raise SpecError if it cannot become one."""
    process, environment = _payload(step)
    options = options_of(step, overrides)
    if isinstance(environment, HostEnvironment) and not allow_host_process:
        raise SpecError(
            f"Step {step.id} wants to run on the host itself (localproc-env)",
            code="spec.host-process",
            where=step.where,
            why="A process on the host sees your files and the network.",
            next_step="add --allow-host-process if you trust this workflow, or give the step a container image",
        )
    payload = payload_of(step, process, jq)
    job = ContainerJob(
        job_id=job_id,
        image=image_digest(step, pins),
        command=payload.command,
        script=payload.script,
        interpreter=payload.interpreter,
        workdir=step.directory,
        cwd=work_folder(step),
        env=env_of(step, overrides),
        inputs=_inputs(step, directories),
        outputs=_outputs(step, options),
        resources=resources,
        network=bool(options.get("network", False)),
        texts=payload.texts,
        needs=needs_of_step(step, overrides),
        binds=binds_of(step, overrides),
        wishes=wishes_of(step, overrides),
    )
    if objection := unfit(job):
        raise SpecError(
            f"Step {step.id} cannot be started as it is written",
            code="spec.unfit",
            where=step.where,
            why=f"{objection[0].upper()}{objection[1:]}.",
            next_step="remove it from the spec, or from the inputs that it comes from",
        )
    return job


def image_digest(step: Step, pins: Mapping[str, str]) -> str | None:
    """Return the manifest digest of the step's image, None for a host process; raise SpecError if it floats."""
    environment = _payload(step)[1]
    if not isinstance(environment, ContainerEnvironment):
        return None
    problem = unpinned(environment, pins, step.where)
    if problem is not None:
        raise problem
    reference = environment.reference
    return pins.get(reference) or "sha256:" + reference.rpartition("@sha256:")[2]


def unpinned(environment: ContainerEnvironment, pins: Mapping[str, str], where: str) -> SpecError | None:
    """Return the error for an image that is not pinned, None if a digest determines its content."""
    if "@sha256:" in environment.reference or environment.reference in pins:
        return None
    return SpecError(
        f"Image {environment.reference} is not pinned",
        code="spec.floating-image",
        where=where,
        why="A tag may refer to another image tomorrow; a run needs a digest.",
        next_step="recast image pin FOLDER, which asks its registry and writes images.lock.json beside the workflow "
        "(or recast image build FOLDER, if the folder holds its Containerfile), or write the image as name@sha256:...",
    )


def cache_key(
    step: Step,
    pins: Mapping[str, str],
    directories: Mapping[str, Step],
    overrides: RunOverrides = NO_OVERRIDES,
) -> str | None:
    """Return the key under which an equal step can be found in the cache: the sha256 of its `key_parts`.

    None for a step with a bind from its node, whose content is not known.
    """
    if binds_of(step, overrides):
        return None
    parts = key_parts(step, pins, directories, overrides)
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return digest_of(text.encode("utf-8", "surrogatepass"))


def key_parts(
    step: Step,
    pins: Mapping[str, str],
    directories: Mapping[str, Step],
    overrides: RunOverrides = NO_OVERRIDES,
) -> JsonDict:
    """Return what identifies a step: contents only, never a path, time, host or run.

    Keys: `image` (digest or None), `process` [kind, template, interpreter, path files...], `arguments` (parameters
    with each path replaced by the file's own name and the digest of its content), `environment` [env, envscript,
    workdir, mounts..., needs..., secrets by name...] or None, `network`, `outputs`, the patterns of the files that are
    kept, and if there are any, `optional`, those of them that may match nothing, and `document`, the file that is read.
    """
    process, _ = _payload(step)

    def content(path: str) -> JsonValue:
        owner = owner_of(path, directories)
        if owner is None or owner[0] is step:
            return {"own": owner[1] if owner else path}
        found = artifacts_of(*owner)
        return {"name": path.rpartition("/")[2] if owner[1] else "", "is": sorted((a.path, a.digest) for a in found)}

    return {
        "image": image_digest(step, pins),
        "process": [process.kind, process.template, process.interpreter, *options_of(step).get("path_files", ())],
        "arguments": map_paths(step.arguments, content),
        "environment": _environment_parts(step, env_of(step, overrides), overrides),
        "network": bool(options_of(step, overrides).get("network", False)),
        **_publishes(step, overrides),
    }


def _publishes(step: Step, overrides: RunOverrides) -> JsonDict:
    """Return what is kept of a step and decides its success: output files, which of them are required, and the one that
    is read.

    It is part of the key, or a failure could be taken for a success.
    """
    outputs = _outputs(step, options_of(step, overrides))
    optional = sorted(output.pattern for output in outputs if not output.required)
    document = document_path(step)
    return {
        "outputs": sorted(output.pattern for output in outputs),
        **({"optional": optional} if optional else {}),
        **({"document": document} if document else {}),
    }


def _environment_parts(step: Step, env: Mapping[str, str], overrides: RunOverrides) -> list[JsonValue] | None:
    environment = _payload(step)[1]
    if not isinstance(environment, ContainerEnvironment):
        return [dict(env), "", None] if env else None
    mounts = [[mount.mountpath, mount.jqscript] for mount in environment.parameter_mounts]
    return [
        dict(env),
        environment.envscript,
        environment.workdir,
        *mounts,
        *needs_of_step(step, overrides),
        *(f"secret {secret}" for secret in wishes_of(step, overrides).secrets),
    ]


def _inputs(step: Step, directories: Mapping[str, Step]) -> tuple[Artifact, ...]:
    """Return the files that the arguments refer to, each once, at their logical paths."""
    inputs: dict[str, Artifact] = {}
    for path in paths_in(step.arguments):
        owner = owner_of(path, directories)
        if owner is None or owner[0] is step:
            continue
        for artifact in artifacts_of(*owner):
            logical = f"{owner[0].directory}/{artifact.path}"
            inputs[logical] = Artifact(logical, artifact.digest, artifact.size, artifact.executable)
    return tuple(inputs.values())


def _outputs(step: Step, options: JsonObject) -> tuple[OutputPattern, ...]:
    return tuple(
        OutputPattern(output.pattern, output.required and not is_optional(output.pattern, options))
        for output in expected_outputs(step)
    )


def _payload(step: Step) -> tuple[Process, JsonValue]:
    packtivity = step.packtivity
    assert isinstance(packtivity, Packtivity) and packtivity.process is not None, f"{step.id} runs nothing"
    return packtivity.process, packtivity.environment
