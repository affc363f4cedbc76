"""What Slurm would be told of jobs, to be looked at."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from recast.executors.batch.preview import previewed_arrays
from recast.executors.slurm.sbatch import sbatch_words, script
from recast.executors.slurm.settings import SlurmSettings
from recast.jobs import ContainerJob
from recast.json_types import JsonObject

__all__ = ["preview"]


def preview(values: JsonObject, jobs: Sequence[ContainerJob], _: object = None) -> Iterator[tuple[str, str]]:
    """Yield the name of each array, and sbatch's arguments with the script on its standard input."""
    settings = SlurmSettings.of(values)
    for array in previewed_arrays(jobs, settings.array_size, values.get("python") or "python3", shared_files=True):
        words = shlex.join(["sbatch", *sbatch_words(array, settings)])
        yield array.name, f"{words} <<'END'\n{script(array.command)}END\n"
