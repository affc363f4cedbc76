"""Turn an array of jobs into the arguments of one sbatch and the script that each of its tasks runs. Pure."""

from __future__ import annotations

import math
import shlex
from collections.abc import Collection, Mapping, Sequence

from recast.executors.batch.system import Array
from recast.executors.slurm.settings import SlurmSettings

__all__ = ["client_environment", "excluded", "sbatch_words", "script"]

_MIB = 1 << 20
_PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "XDG_RUNTIME_DIR",
    "SLURM_CONF", "SLURM_JWT",
    "SBATCH_ACCOUNT", "SBATCH_PARTITION", "SBATCH_QOS", "SBATCH_CONSTRAINT", "SBATCH_RESERVATION",
)  # fmt: skip
"""The variables of our environment that Slurm's commands get. sbatch passes its environment on to the job and stores it
in the scheduler's spool, and so would any token in it. The last ones are the user's defaults.
"""


def sbatch_words(array: Array, settings: SlurmSettings, exclude: Sequence[str] = ()) -> list[str]:
    """Return the arguments of sbatch, except the script, which is passed on standard input."""
    resources = array.jobs[0].resources
    log = f"{array.folder}/engine/".replace("%", "%%") + "%A_%a.log"
    throttle = f"%{settings.array_throttle}" if settings.array_throttle else ""
    words = [
        "--parsable",
        f"--job-name={array.name}",
        f"--array=0-{len(array.jobs) - 1}{throttle}",
        f"--output={log}",
        f"--chdir={array.folder}",
        # A requeued job would find the first start's folder. A lost job is retried as a new attempt.
        "--no-requeue",
        "--nodes=1",
        "--ntasks=1",
        f"--cpus-per-task={max(1, math.ceil(resources.cpus))}",
        f"--mem={math.ceil((resources.memory_mb + settings.memory_margin_mb) * 1_000_000 / _MIB)}M",
        f"--time={max(1, math.ceil((resources.walltime_s + settings.margin_s) / 60))}",
    ]
    wishes = array.jobs[0].wishes
    if resources.gpus:
        model = wishes.gpu_model.partition("-")[2]
        words.append(f"--gres=gpu:{model + ':' if model else ''}{resources.gpus}")
    if wishes.working_group:
        words.append(f"--account={wishes.working_group}")
    if exclude:
        words.append(f"--exclude={','.join(exclude)}")
    asked = [word for word in settings.asked if not (wishes.working_group and word.startswith("--account="))]
    return [*words, *asked, *settings.options]


def script(command: Sequence[str]) -> str:
    """Return the batch script: it becomes the worker, so that Slurm's signals and exit codes are the worker's."""
    return f'#!/bin/sh\nunset SLURM_JWT\nexec {shlex.join(command)} "$SLURM_ARRAY_TASK_ID"\n'


def excluded(avoid_hosts: Collection[str], nodes: Mapping[str, str]) -> list[str]:
    """Return the nodes to exclude: only known ones, since Slurm refuses others, and never all of them."""
    found = sorted({node for host in avoid_hosts if (node := nodes.get(host) or nodes.get(host.partition(".")[0]))})
    return found if len(found) < len(set(nodes.values())) else []


def client_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for Slurm's commands, derived from ours."""
    kept = {name: ours[name] for name in _PASSED_ON if name in ours}
    # Ranges of array indexes in full; times in UTC.
    return {**kept, "SLURM_BITSTR_LEN": "0", "SLURM_TIME_FORMAT": "standard"}
