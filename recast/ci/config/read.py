"""Read a `recast-ci.yml`: unknown keys and values of another kind are errors with file, line and key."""

from __future__ import annotations

from pathlib import Path

from recast.ci.config.checked import Checked
from recast.ci.config.model import (
    CONFIG_NAME,
    DEFAULT_ALPHA,
    DEFAULT_TESTS,
    CiConfig,
    ToleranceRule,
    ValidationRun,
)
from recast.errors import NotFound
from recast.plainfile import read_plain
from recast.spec.source import MAX_FILE_BYTES, Document, parse

__all__ = ["config_of", "load_config"]

_KEYS = ("entry", "tests", "validation", "random", "tolerances", "alpha", "sources")
_RUN_KEYS = ("name", "example", "inputs", "control")
_TOLERANCE_KEYS = ("quantity", "absolute", "relative")
_KINDS = ("images",)
_MOST_RUNS = 100


def load_config(folder: Path) -> CiConfig:
    """Return the configuration of a repository; raise NotFound if it has none, SpecError for what is wrong in it."""
    path = folder / CONFIG_NAME
    try:
        content = read_plain(path, MAX_FILE_BYTES, links=False)
    except OSError as problem:
        raise NotFound(
            f"There is no {CONFIG_NAME} that can be read",
            where=str(folder),
            why=problem.strerror or str(problem),
            next_step=f"recast ci init gitlab   (writes one), or: echo 'entry: catalogue/MY.yml' > {CONFIG_NAME}",
        ) from problem
    return config_of(parse(content, CONFIG_NAME))


def config_of(document: Document) -> CiConfig:
    """Return what a parsed `recast-ci.yml` says; raise SpecError with file, line and key of the first fault."""
    top = Checked(document, document.value, "")
    top.keys(_KEYS, required=("entry",))
    return CiConfig(
        entry=top.at("entry").path(),
        tests=tuple(item.path(glob=True) for item in top.at("tests").items()) if top.has("tests") else DEFAULT_TESTS,
        validation=_runs(top.at("validation")) if top.has("validation") else (),
        random=tuple(item.text() for item in top.at("random").items()) if top.has("random") else None,
        tolerances=tuple(map(_tolerance, top.at("tolerances").items())) if top.has("tolerances") else (),
        alpha=top.at("alpha").number(above=0.0, below=1.0) if top.has("alpha") else DEFAULT_ALPHA,
        sources=_sources(top.at("sources")) if top.has("sources") else {},
    )


def _runs(listed: Checked) -> tuple[ValidationRun, ...]:
    items = listed.items()
    if len(items) > _MOST_RUNS:
        raise listed.fault(f"There are {len(items)} validation runs, more than {_MOST_RUNS}")
    runs: list[ValidationRun] = []
    for item in items:
        run = _run(item)
        if run.name in (other.name for other in runs):
            raise item.at("name").fault(f"Two validation runs are called {run.name!r}", next_step="rename one of them")
        runs.append(run)
    return tuple(runs)


def _run(item: Checked) -> ValidationRun:
    item.keys(_RUN_KEYS, required=("name",))
    if not item.has("example") and not item.has("inputs"):
        raise item.fault("A validation run needs an example or inputs", next_step="add `example: NAME`")
    return ValidationRun(
        name=item.at("name").name(),
        example=item.at("example").text() if item.has("example") else None,
        inputs=item.at("inputs").mapping() if item.has("inputs") else {},
        control=item.at("control").mapping() if item.has("control") else None,
    )


def _tolerance(item: Checked) -> ToleranceRule:
    item.keys(_TOLERANCE_KEYS, required=("quantity",))
    if item.has("absolute") == item.has("relative"):
        raise item.fault("A tolerance is either absolute or relative", next_step="write one of the two keys")
    return ToleranceRule(
        quantity=item.at("quantity").text(),
        absolute=item.at("absolute").number(least=0.0) if item.has("absolute") else None,
        relative=item.at("relative").number(least=0.0) if item.has("relative") else None,
    )


def _sources(item: Checked) -> dict[str, tuple[str, ...]]:
    item.keys(_KINDS)
    return {kind: tuple(glob.path(glob=True) for glob in item.at(kind).items()) for kind in _KINDS if item.has(kind)}
