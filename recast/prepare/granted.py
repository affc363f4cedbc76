"""Whether the executor of a run can grant what its jobs wish for; said before anything of the run exists."""

from __future__ import annotations

import os

from recast.engine.overrides import RunOverrides
from recast.errors import UsageError
from recast.executors.registry import executor_class
from recast.jobs import Wishes
from recast.jobs.container_args import memory_shm_mb
from recast.site import check_secrets

__all__ = ["check_granted"]

_WORDS = {
    "architecture": "--arch", "gpu_model": "--gpu", "sites": "--site", "excluded_sites": "--exclude-site",
    "working_group": "--working-group", "container_args": "--container-arg", "secrets": "--secret",
}  # fmt: skip

_HERE = frozenset({"architecture", "container_args", "secrets"})
"""What this machine grants to its own jobs; of architectures only its own."""

_INSTEAD = {
    ("slurm", "architecture"): "name the feature of such nodes: --slurm-constraint FEATURE",
    ("slurm", "sites"): "one cluster is one site; its nodes are chosen by --slurm-partition or --slurm-constraint",
    ("htcondor", "sites"): "say it as the pool does: --htcondor-requirements or --htcondor-attributes",
    ("arc", "sites"): "a computing element is a site: choose it by --arc-endpoint",
    ("arc", "working_group"): "the group is in the proxy: voms-proxy-init -voms VO:/VO/GROUP",
}


def check_granted(overrides: RunOverrides, executor: str, runtime: str | None) -> None:
    """Raise UsageError for a wish that the executor cannot grant, else what is wrong with a secret that it hands on.

    Where secrets are the executor's own affair (`own_secrets`), no file of the user's is looked for.
    """
    said = [part.wishes for part in overrides.everywhere.values() if part.wishes]
    if not said:
        return
    own_secrets = False
    if executor == "local":
        granted = _HERE
    else:
        system = executor_class(executor)
        granted = getattr(system, "grants", frozenset())
        own_secrets = getattr(system, "own_secrets", False)
    for wishes in said:
        for field in wishes.said:
            if field not in granted:
                raise _refused(executor, field)
        if executor == "local":
            _check_here(wishes, runtime)
        if not own_secrets:
            check_secrets(wishes.secrets)


def _refused(executor: str, field: str) -> UsageError:
    return UsageError(
        f"The executor {executor} cannot grant {_WORDS[field]}",
        where=_WORDS[field],
        why="It has no way to say so to whoever runs its jobs, and what is not kept must not be promised.",
        next_step=_INSTEAD.get((executor, field), f"leave {_WORDS[field]} out, or choose another --executor"),
    )


def _check_here(wishes: Wishes, runtime: str | None) -> None:
    here = os.uname().machine
    if wishes.architecture not in ("", here):
        raise UsageError(
            f"This machine is {here}, not {wishes.architecture}",
            where="--arch",
            next_step="choose an executor that has such nodes: --executor NAME",
        )
    if runtime == "apptainer" and memory_shm_mb(wishes.container_args) is not None:
        raise UsageError(
            "Apptainer takes no size of /dev/shm",
            where="--container-arg shm-size",
            why="It is as large as the administrator has said (`sessiondir max size`).",
            next_step="--runtime bubblewrap",
        )
