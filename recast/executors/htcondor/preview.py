"""What HTCondor would be told of jobs, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recast.executors.batch.preview import previewed_arrays
from recast.executors.htcondor.describe import describe, items_of
from recast.executors.htcondor.options import Options
from recast.jobs import ContainerJob
from recast.json_types import JsonObject

__all__ = ["preview"]


def preview(values: JsonObject, jobs: Sequence[ContainerJob], _: object = None) -> Iterator[tuple[str, str]]:
    """Yield the name of each cluster, and its submit description with the items that differ from job to job."""
    options = Options.of(values)
    is_spooled = options.transfer != "local"
    for array in previewed_arrays(jobs, options.array_size, values.get("python") or "python3", shared_files=False):
        text = describe(array, options, is_spooled=is_spooled, margin_s=options.margin_s)
        lines = [f"{name} = {value}" for name, value in text.items()]
        rows = [" ".join(item[key] for key in ("index", "token", "files")) for item in items_of(array)]
        yield array.name, "\n".join([*lines, "queue index, token, files from (", *rows, ")", ""])
