"""`make bench`: RECAST beside what one would use without it, in the same run. Prints ratios, never fails on time.

python -m benchmarks [--only NAME]... [--quick] [-o table|json]
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from benchmarks.analyses import analyses
from benchmarks.browser import browser
from benchmarks.cached import cached, reduce
from benchmarks.charts import charts
from benchmarks.ci import ci
from benchmarks.containers import containers
from benchmarks.expansion import diamonds_and_chain, scatter
from benchmarks.host_steps import against_snakemake, against_xargs, against_yadage
from benchmarks.htcondor import against_condor_submit
from benchmarks.many_files import many_files
from benchmarks.measure import Failed
from benchmarks.place import Place
from benchmarks.registry import registry
from benchmarks.service import followed, service
from benchmarks.slurm import against_sbatch
from benchmarks.staging import staging
from benchmarks.start import start
from benchmarks.sub_workflows import sub_workflows
from benchmarks.submit import submit
from benchmarks.table import Row, as_json, header, line
from benchmarks.unpack import unpack
from benchmarks.waiting import waiting

Measure = Callable[[Place], Iterable[Row]]

ALL: dict[str, Measure] = {
    "start": start,
    "expansion": scatter,
    "xargs": against_xargs,
    "yadage": against_yadage,
    "snakemake": against_snakemake,
    "sub-workflows": sub_workflows,
    "shapes": diamonds_and_chain,
    "containers": containers,
    "cached": cached,
    "reduce": reduce,
    "files": many_files,
    "slurm": against_sbatch,
    "htcondor": against_condor_submit,
    "unpack": unpack,
    "registry": registry,
    "submit": submit,
    "waiting": waiting,
    "analyses": analyses,
    "staging": staging,
    "ci": ci,
    "service": service,
    "live": followed,
    "browser": browser,
    "charts": charts,
}


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(ALL)), help="Measure this one; may be given again.")
@click.option("--quick", is_flag=True, help="A tenth of the steps and fewer rounds: a look, no verdict.")
@click.option("-o", "output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(only: tuple[str, ...], quick: bool, output: str) -> None:
    """Measure, and print one row after the other."""
    about = {"machine": _machine(), "load_before": os.getloadavg(), "quick": quick}
    rows: list[Row] = []
    if output == "table":
        print(f"{about['machine']}; load {os.getloadavg()[0]:.2f}{'; quick: no verdict' if quick else ''}\n{header()}")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="recast-bench-", ignore_cleanup_errors=True) as name:
        for row in _rows(only or tuple(ALL), Place(Path(name), quick=quick)):
            rows.append(row)
            if output == "table":
                print(line(row, judge=not quick), flush=True)
        taken = time.monotonic() - start
    if output == "json":
        print(json.dumps({**about, "load_after": os.getloadavg(), "seconds": taken, "rows": as_json(rows)}, indent=1))
    else:
        missed = 0 if quick else sum(row.holds is False for row in rows)
        print(f"{taken:.0f} s; load {os.getloadavg()[0]:.2f}" + (f"; {missed} missed" if missed else ""))


def _rows(names: Iterable[str], place: Place) -> Iterator[Row]:
    for name in names:
        try:
            yield from ALL[name](place)
        except Failed as failure:
            yield Row(f"{name} failed", float("inf"), note=" ".join(str(failure).split())[-300:])


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    info: dict[str, Any] = {"python": platform.python_version(), "kernel": platform.release()}
    return f"{cores} cores, {platform.machine()}, Linux {info['kernel']}, Python {info['python']}"


if __name__ == "__main__":
    sys.exit(main())
