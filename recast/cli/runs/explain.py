"""`recast explain`: why a step is in the state it is, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator

import click

from recast.cli.find_run import run_directory
from recast.cli.output import emit, output_option, say
from recast.json_types import JsonObject
from recast.paths import places
from recast.reports.time_text import clock

__all__ = ["explain"]

EPILOG = """
\b
Examples:
  recast explain last /fit/3
  recast explain last fit_3 -o json
  recast explain last reduce          also for a stage that never ran
"""


@click.command(epilog=EPILOG)
@click.argument("run")
@click.argument("step")
@output_option
def explain(run: str, step: str, output: str) -> None:
    """Explain why a step ran, failed, was cached or never ran, and what to do next.

    STEP is an id such as /map/0, a name such as map_0, or a unique prefix of an id.
    """
    from recast.reports.explain import explain_json
    from recast.runs import open_run

    document = explain_json(open_run(run_directory(run)), step, places())
    if output == "table":
        for line in _told(document):
            say(line)
        return
    columns = ("run", "step", "stage", "state", "why")
    emit(document, [document], columns, output)


def _told(document: JsonObject) -> Iterator[str]:
    """Yield the explanation as text."""
    yield f"{document.get('step') or document['stage']}: {document['state']}"
    for sentence in document["why"]:
        yield "  " + sentence.replace("\n", "\n  ")
    for cause in document["causes"]:
        yield f"    {cause}"
    yield from _facts(document)
    for attempt in document.get("attempts", ()):
        yield from _attempt(attempt, told=" ".join(document["why"]))
    if document.get("log_tail"):
        yield f"last lines of {document['log']}:"
        yield from ("  " + line for line in document["log_tail"])
    yield "next:"
    yield from ("  " + command for command in document["next"])


def _facts(document: JsonObject) -> Iterator[str]:
    if "step" in document:
        scope = document["scope"] or "the workflow itself"
        yield f"  stage {document['stage']!r} of {scope}, instance {document['index']}"
        if document["depends_on"]:
            shown = document["depends_on"][:6]
            more = len(document["depends_on"]) - len(shown)
            yield f"  comes from {', '.join(shown)}" + (f" and {more} more" if more else "")
        if document["image"]:
            yield f"  image {document['image']}"


def _moments(attempt: JsonObject) -> str:
    named = (("started", attempt["started"]), ("ended", attempt["ended"]))
    return "".join(f", {what} {clock(time)}" for what, time in named if time)


def _attempt(attempt: JsonObject, told: str) -> Iterator[str]:
    failed = f"failed ({attempt['failure']})" if attempt["failure"] else ""
    outcome = failed or ("succeeded" if attempt["ended"] else "no outcome yet")
    code = "" if attempt["exit_code"] is None else f", exit code {attempt['exit_code']}"
    signal = "" if attempt["signal"] is None else f", signal {attempt['signal']}"
    where = f" on {attempt['host']}" if attempt["host"] else ""
    native = f", {attempt['native_id']}" if attempt["native_id"] not in (None, attempt["job_id"]) else ""
    yield f"attempt {attempt['attempt']} ({attempt['job_id']}{native}){where}: {outcome}{code}{signal}"
    yield f"  submitted {clock(attempt['submitted'])}" + _moments(attempt)
    if attempt["held"]:
        yield f"  was held: {attempt['held']}"
    if attempt["avoided_hosts"]:
        yield f"  avoided {', '.join(attempt['avoided_hosts'])}"
    if attempt["message"] and attempt["message"] not in told:
        yield "  " + attempt["message"].replace("\n", "\n  ")
    asked, used = attempt["asked"], attempt["used"]
    yield f"  asked: {asked['cpus']:g} cpu, {asked['memory_mb']} MB, {asked['walltime_s']} s"
    if used:
        wall = "?" if used["wall_s"] is None else f"{used['wall_s']:g}"
        yield f"  used:  {used['cpu_s']:.2f} s of cpu, {used['peak_memory_mb']:g} MB, {wall} s"
    if attempt["unheld"]:
        yield f"  limits that the kernel did not enforce: {', '.join(attempt['unheld'])}"
    if attempt["then"]:
        yield f"  then:  {attempt['then']}"
