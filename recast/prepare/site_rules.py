"""Check what a run asks for against the rules of the site before anything of the run exists."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from recast.engine import RunPlan
from recast.engine.options import options_for, resources_for
from recast.engine.overrides import RunOverrides, StageOverrides
from recast.jobs import Bind, Resources
from recast.jobs.amounts import memory_text, time_text
from recast.json_types import JsonDict, JsonObject
from recast.runtimes import runtime_names
from recast.runtimes.gpus import GPU_RUNTIMES, no_gpus
from recast.site import SitePolicy, site_policies
from recast.spec.model import Packtivity, Stage, Workflow
from recast.spec.traverse import bodies_of

__all__ = ["capped", "check_again", "check_allowed", "check_runtime", "runtimes_of"]

_MOST: dict[str, tuple[str, Callable[[Any], str]]] = {
    # rule: field of the resources, how to format the number
    "most_cpus": ("cpus", "{:g}".format),
    "most_memory": ("memory_mb", memory_text),
    "most_disk": ("disk_mb", memory_text),
    "most_walltime": ("walltime_s", time_text),
    "most_gpus": ("gpus", "{:g}".format),
}

_GROWS = {"most_memory": "memory_cap_mb", "most_walltime": "walltime_cap_s"}
"""For each rule, the setting that limits how far a job may grow."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the steps of a stage ask for, and where this is written."""

    path: str
    where: str
    network: bool
    resources: Resources


def check_allowed(
    policies: Sequence[SitePolicy], workflow: Workflow, overrides: RunOverrides, runtime: str | None
) -> None:
    """Raise PermissionDenied for the first violation, with the rule, the file that contains it, and what to type."""
    if not policies:
        return
    stages = list(_stages(workflow, overrides))
    for policy in policies:
        _check_runtime(policy, runtime)
        _check_images(policy, overrides)
        for name, said in overrides.everywhere.items():
            _check_said(policy, said, f"--stage {name}" if name else "command line")
        for asked in stages:
            _check_options(policy, asked)


def check_again(plan: RunPlan, executor: str, runtime: str | None, settings: JsonObject) -> None:
    """Hold a run that goes on against the rules and secrets of today; raise as `check_granted` and `check_allowed`."""
    if plan.overrides:
        from recast.prepare.granted import check_granted

        check_granted(plan.overrides, executor, runtime)
    policies = site_policies()
    if not policies:
        return
    check_allowed(policies, plan.workflow, plan.overrides, runtime)
    lower = capped(policies, settings)
    for rule, name in _GROWS.items():
        if lower.get(name) != settings.get(name):
            policy = next(policy for policy in policies if policy.get(rule) is not None)
            what = f"This run may let jobs grow to {_MOST[rule][1](settings[name])}, which is more than is allowed here"
            raise policy.refusal(rule, what, f"run {plan.run}", "start another run; finished steps come from the cache")


def runtimes_of(plan: RunPlan) -> tuple[str, ...]:
    """Return the runtimes that may start the containers of a run: those that the site allows, and that have GPUs if
    any step asks for one.
    """
    rules = [policy.get("runtimes") for policy in site_policies() if policy.get("runtimes") not in (None, True)]
    gpus = _wants_gpus(plan)
    usable = [name for name in runtime_names() if not gpus or name in GPU_RUNTIMES]
    return tuple(name for name in usable if all(rule and name in rule for rule in rules))


def check_runtime(plan: RunPlan, runtime: str | None) -> None:
    """Raise SpecError if a step asks for a GPU and the runtime that the user names cannot provide one."""
    if runtime in runtime_names() and runtime not in GPU_RUNTIMES and _wants_gpus(plan):
        raise no_gpus(str(runtime))


def _wants_gpus(plan: RunPlan) -> bool:
    return any(asked.resources.gpus for asked in _stages(plan.workflow, plan.overrides))


def capped(policies: Sequence[SitePolicy], settings: JsonObject) -> JsonDict:
    """Return the settings of an executor with the limits on growth lowered to what the site allows."""
    lowered = dict(settings)
    for rule, name in _GROWS.items():
        bounds = [policy.get(rule) for policy in policies if policy.get(rule) is not None]
        if name in settings and bounds:
            lowered[name] = int(min(settings[name], *bounds))
    return lowered


def _stages(workflow: Workflow, overrides: RunOverrides) -> Iterator[_Asked]:
    """Yield what every packtivity asks for, as the engine determines it: the spec, with the user's overrides on top."""
    for path, stage in _paths(workflow, overrides):
        said = overrides.at(path).options
        for body in bodies_of(stage):
            if isinstance(body, Packtivity) and body.process is not None:
                options = options_for(stage.options, body.environment, said)
                yield _Asked(path, stage.where, bool(options.get("network", False)), resources_for(options))


def _paths(workflow: Workflow, overrides: RunOverrides) -> Iterator[tuple[str, Stage]]:
    """Yield every stage at each path that an override names, and at one path that none names.

    A workflow may be referred to from many places, and these again from many: there are too many paths to traverse all.
    """
    seen: set[int] = set()
    todo = [("", workflow)]
    while todo:
        above, each = todo.pop()
        if not any(name.startswith(above) for name in overrides.stages if "/" in name):
            if id(each) in seen:
                continue
            seen.add(id(each))
        for stage in each.stages:
            yield above + stage.name, stage
            todo += [(f"{above}{stage.name}/", body) for body in bodies_of(stage) if isinstance(body, Workflow)]


def _check_runtime(policy: SitePolicy, runtime: str | None) -> None:
    allowed = policy.get("runtimes")
    if runtime is None or allowed in (None, True) or (allowed and runtime in allowed):
        return
    instead = f"--runtime {allowed[0]}" if allowed else "run it elsewhere"
    raise policy.refusal("runtimes", f"The runtime {runtime} is not allowed here", f"--runtime {runtime}", instead)


def _check_images(policy: SitePolicy, overrides: RunOverrides) -> None:
    for name, image in overrides.images.items():
        if policy.get("allow_image_override") is False:
            what = "An image other than the pinned one is not allowed here"
            where = f"--image-override {name}={image}"
            raise policy.refusal("allow_image_override", what, where, "leave --image-override out")


def _check_said(policy: SitePolicy, said: StageOverrides, where: str) -> None:
    """Check what only a user can set."""
    for bind in said.binds:
        if not _is_below(bind, policy.get("allow_binds")):
            what = f"{bind.source} may not be bound into containers here"
            raise policy.refusal("allow_binds", what, f"{where}: --bind {bind}", "bind a folder that is allowed")
    for name in said.env:
        allowed = policy.get("allow_env")
        if allowed not in (None, True) and not any(fnmatchcase(name, pattern) for pattern in allowed or ()):
            what = f"The variable {name} may not be set here"
            raise policy.refusal("allow_env", what, f"{where}: --env {name}", f"leave --env {name} out")

    _check_words(policy, "allow_container_args", "--container-arg", said.wishes.container_args)
    _check_words(policy, "allow_secrets", "--secret", [secret.name for secret in said.wishes.secrets])


def _check_words(policy: SitePolicy, rule: str, flag: str, words: Iterable[str]) -> None:
    allowed = policy.get(rule)
    for word in words if allowed not in (None, True) else ():
        if not any(fnmatchcase(word, pattern) for pattern in allowed or ()):
            raise policy.refusal(rule, f"{flag} {word} is not allowed here", flag, f"leave {flag} {word} out")


def _is_below(bind: Bind, allowed: Any) -> bool:
    """Return whether a bind's source is below an allowed folder, by its path and, if it exists here, by its resolved
    path.
    """
    if allowed is None or isinstance(allowed, bool):
        return allowed is not False
    folders = [os.path.normpath(folder) for folder in allowed]
    real = [os.path.realpath(folder) for folder in folders]
    return _any_below(bind.source, folders) and _any_below(os.path.realpath(bind.source), [*folders, *real])


def _any_below(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def _check_options(policy: SitePolicy, asked: _Asked) -> None:
    if asked.network and policy.get("allow_network") is False:
        what = f"The network is not allowed here, and stage {asked.path!r} asks for it"
        raise policy.refusal("allow_network", what, asked.where, "try without it: --no-network")
    for rule, (name, written) in _MOST.items():
        most, amount = policy.get(rule), getattr(asked.resources, name)
        if most is not None and amount > most:
            flag = rule.removeprefix("most_")
            what = f"Stage {asked.path!r} asks for {written(amount)} of {flag}, which is more than is allowed here"
            less = f"--stage {asked.path}:{flag}={written(most)}"
            raise policy.refusal(rule, what, asked.where, less)
