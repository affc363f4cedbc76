"""The verbs of the Python API: `import recast; recast.run("atlas-susy-2018-31", points=[...])`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recast.api.run_handle import Run
from recast.api.scan_handle import Scan
from recast.api.table import Table
from recast.errors import UsageError
from recast.inputs.filevalue import FileName
from recast.json_types import JsonDict, JsonObject
from recast.paths import places
from recast.prepare import PreparedRun, prepare
from recast.prepare.arguments import chosen_with, run_options
from recast.prepare.inputs import user_inputs
from recast.rundir import find_run
from recast.rundir import list_runs as all_runs

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion
    from recast.catalogue.ready import Needed
    from recast.prepare import Options
    from recast.rundir import RunDirectory
    from recast.scans.points import Point

__all__ = ["analyses", "describe", "list_runs", "open_run", "plan", "run", "scan", "search", "submit", "which"]

Say = Callable[[str], None]


def run(
    source: str | Path,
    inputs: JsonObject | None = None,
    *,
    example: str | None = None,
    wait: bool = True,
    progress: bool | None = None,
    build_images: bool = True,
    name: str = "",
    say: Say | None = None,
    **rest: Any,
) -> Run:
    """Run a published analysis, an entry's file or any yadage workflow, and return the run.

    `inputs`, and every keyword that is not an option, are inputs of the analysis; a `pathlib.Path` passes a file.
    Options besides those above: `toplevel`, `executor`, `executor_settings`, `runtime`, `max_parallel`, `max_steps`,
    `cache`, `allow_host_process`, `until`, `env`, `bind`, `cpus`, `memory`, `disk`, `walltime`, `gpus`, `gpu`, `arch`,
    `site`, `exclude_site`, `working_group`, `container_arg`, `secret`, `network`, `cvmfs`, `stage`, `image_override`,
    `allow_withdrawn`, `workdir`, with the same meaning as for `recast run`. `build_images`
    allows building images from recipes, which takes minutes, once. With `wait`, returns when the run has succeeded and
    raises WorkflowFailed, InputError or InfrastructureError otherwise; without, returns at once. `say` is called with
    what a user should know; by default, warnings are issued as Python warnings.
    """
    from recast.operations.run import begin_run

    workdir = rest.pop("workdir", None)
    prepared = _prepared(source, inputs, example, rest)
    directory = begin_run(
        prepared,
        places(),
        consent=_consent(build_images),
        say=say or _warn,
        name=name,
        workdir=Path(workdir) if workdir is not None else None,
    )
    return _detached(directory, wait, progress)


def submit(
    image: str,
    command: Sequence[str],
    *,
    files: Sequence[str | Path] = (),
    outputs: Sequence[str] = (),
    array: int | None = None,
    each: Sequence[str] | None = None,
    tries: int | None = None,
    wait: bool = True,
    progress: bool | None = None,
    name: str = "",
    say: Say | None = None,
    **rest: Any,
) -> Run:
    """Run a command in a container image, and return the run; no workflow is needed.

    `command` is an argv, in which `{index}` and `{item}` stand for the number and the item of a job if `array` (how
    many) or `each` (the items) is given. `files` go along into the job's folder; of what it leaves there, `outputs`
    (patterns) are kept. Other options are those of `recast submit`: `executor`, `executor_settings`, `runtime`,
    `max_parallel`, `cache`, `env`, `bind`, `cpus`, `memory`, `disk`, `walltime`, `gpus`, `gpu`, `arch`, `site`,
    `exclude_site`, `working_group`, `container_arg`, `secret`, `network`, `cvmfs`, `workdir`. `wait`, `progress` and
    `say` are as for `run`. Raises UsageError or InputError for an order that cannot be, and as `run`.
    """
    from dataclasses import replace

    from recast.operations.submit import submit as submit_order
    from recast.prepare.override_words import OverrideFlags
    from recast.submissions import SubmitOrder

    workdir = rest.pop("workdir", None)
    options, left = _options(rest)
    if left:
        raise UsageError(f"{next(iter(left))!r} is not an option of submit", where="recast.submit")
    if tries is not None:
        options = replace(options, words=replace(options.words or OverrideFlags(), tries=tries))
    submitted = submit_order(
        SubmitOrder(
            image,
            tuple(map(str, command)),
            tuple(Path(path).expanduser() for path in files),
            tuple(outputs),
            array,
            None if each is None else tuple(map(str, each)),
        ),
        options,
        places(),
        say=say or _warn,
        name=name,
        workdir=Path(workdir) if workdir is not None else None,
    )
    return _detached(submitted.directory, wait, progress)


def scan(
    source: str,
    points: Sequence[JsonObject] | str | Path | None = None,
    *,
    inputs: JsonObject | None = None,
    refine: int = 0,
    axes: Sequence[str] = (),
    fresh: bool = False,
    progress: bool | None = None,
    build_images: bool = True,
    say: Say | None = None,
    **rest: Any,
) -> Scan:
    """Run a published analysis for many model points, and return each point's answer and the exclusion contour.

    `points` are dictionaries, or a CSV or YAML file; by default those of the analysis. `inputs` are the same for all
    points. `refine` is the number of passes that add points around the contour, `axes` are one or two columns for the
    plot. Points that an earlier scan of this version has answered are not run again, except with `fresh`. Other
    keywords are options of a run, as in `run`; they are not inputs. A point that fails leaves the others answered and
    has its reason in `points`. Raises as `run` does if no point has an answer, and InputError for points that do not
    fit.
    """
    from recast.operations.scan import ScanAsked, begin_scan, drive_scan, with_images
    from recast.prepare.input_files import FileGrants

    options, rest = _options(rest)
    if rest:
        raise UsageError(f"{next(iter(rest))!r} is not an option of a scan", next_step="inputs={...} for its inputs")
    heard = say or _warn
    own = _own_inputs(inputs or {})
    grants = FileGrants(frozenset(own), (Path.cwd(),))
    asked = ScanAsked(source, own, grants, _points(points), refine, fresh, ",".join(axes) if axes else None)
    found = with_images(begin_scan(asked, options, places(), heard), _consent(build_images), heard)

    report = drive_scan(found, lambda directory: _detached(directory, True, progress), heard)
    failure = report.failure()
    if failure is not None and len(report.failed) == len(report.scan.record.answers):
        raise failure
    return Scan(report)


def plan(source: str | Path, inputs: JsonObject | None = None, *, example: str | None = None, **rest: Any) -> JsonDict:
    """Return what a run would do, step by step, as `recast plan -o json` prints it; nothing is written."""
    from recast.reports.plan import plan_json

    return plan_json(_prepared(source, inputs, example, rest), places())


def open_run(name: str = "last") -> Run:
    """Return the run with this id, unique prefix of an id, name or path; `last` is the newest. Raises NotFound."""
    return Run(find_run(places().runs, name))


def list_runs() -> Table:
    """Return all runs, the newest last."""
    from recast.errors import StoreError
    from recast.reports.run_list import run_row

    rows = []
    for directory in all_runs(places().runs):
        try:
            rows.append(run_row(directory))
        except StoreError as problem:
            _warn(f"run {directory.id} is left out: {problem.what}")
    return Table(rows, ("run", "name", "state", "what", "created", "directory"))


def analyses(*, everything: bool = False) -> Table:
    """Return the analyses of the catalogue; with `everything` also searches that are known but not archived."""
    from recast.catalogue import Catalogue
    from recast.operations.describe import list_analyses

    rows = list_analyses(Catalogue(), everything=everything).rows
    return Table(rows, ("analysis", "version", "collaboration", "state", "title", "images"))


def describe(name: str) -> JsonDict:
    """Return the details of ANALYSIS[@VERSION], an imported entry or a known search: inputs, examples, results, etc."""
    from recast.catalogue import Catalogue
    from recast.operations.describe import describe as described

    return described(name, Catalogue()).document


def search(*words: str) -> Table:
    """Return the analyses that contain all words: published here, imported, or known but not archived."""
    from recast.operations.search import search as found_by

    rows = [hit.as_json() for hit in found_by(words, say=_warn)]
    return Table(rows, ("analysis", "version", "collaboration", "state", "images", "title"))


def which(model: str | Path | None = None, **values: Any) -> Table:
    """Return which searches apply to a model: a spectrum or event file, or masses such as `m_squark=1200` (GeV).

    Raises UsageError if no model is given, InputError for a file that is not a model.
    """
    from recast.operations.which import ask, model_asked, searches_asked

    asked, named = model_asked(str(model) if model is not None else None, _assignments(values))
    rows = [answer.as_json() for answer in ask(searches_asked((), _warn), asked, named)]
    return Table(rows, ("analysis", "takes", "topology", "xsec_times_branching_fb", "clause", "why"))


_ENVIRONMENT: JsonObject = {
    "env": (), "bind": (), "network": None, "stage": (), "image_override": (),
    "cpus": None, "memory": None, "disk": None, "walltime": None, "gpus": None,
    "gpu": None, "arch": None, "site": (), "exclude_site": (), "working_group": None, "container_arg": (),
    "secret": (), "cvmfs": None,
}  # fmt: skip
_HOW: JsonObject = {
    "max_steps": None, "executor": None, "runtime": None, "max_parallel": None, "allow_host_process": False,
}  # fmt: skip
_WHAT = ("toplevel", "initdir", "input_archive", "archive_match", "allow_withdrawn")


def _prepared(source: str | Path, inputs: JsonObject | None, example: str | None, rest: JsonObject) -> PreparedRun:
    """Prepare a run like `recast run`; what is not an option is an input."""
    what = {key: rest[key] for key in _WHAT if key in rest}
    options, left = _options({key: value for key, value in rest.items() if key not in _WHAT})
    own = _own_inputs({**(inputs or {}), **left})
    if example is not None:
        what["example"] = example
    if "initdir" in what:
        what["initdir"] = Path(what["initdir"])
    return prepare(*chosen_with(str(source), own, folders=(Path.cwd(),), **what), options)


def _options(rest: JsonObject) -> tuple[Options, JsonDict]:
    """Return the options of a run, and the remaining keywords."""
    from dataclasses import replace

    left = dict(rest)
    environment = {key: _texts(left.pop(key, default)) for key, default in _ENVIRONMENT.items()}
    how = {key: left.pop(key, default) for key, default in _HOW.items()}
    cache, until, given = left.pop("cache", True), left.pop("until", None), left.pop("executor_settings", {})
    options = run_options(**how, no_cache=not cache, given=given, **environment)
    return replace(options, until=until), left


def _detached(directory: RunDirectory, wait: bool, progress: bool | None) -> Run:
    """Drive a run in a process of its own, which outlives this one, and return it: at once, or at its end."""
    from recast.runs.detach import go_on_detached

    go_on_detached(directory)
    begun = Run(directory)
    return begun.wait(progress=progress) if wait else begun


def _points(given: Sequence[JsonObject] | str | Path | None) -> list[Point] | None:
    from recast.scans.points import parse_points, read_points

    if given is None:
        return None
    if isinstance(given, (str, Path)):
        return read_points(Path(given))
    return parse_points(dumps([dict(point) for point in given]), "points", is_table=False)


def _own_inputs(values: JsonObject) -> JsonDict:
    return user_inputs((), (), {key: _as_input(value) for key, value in values.items()})


def _as_input(value: Any) -> Any:
    return FileName(str(value)) if isinstance(value, Path) else value


def _texts(value: Any) -> Any:
    """Return the value of an option as the command line would give it, where numbers and names are strings."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return tuple(f"{key}={item}" for key, item in value.items())
    return tuple(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)


def _assignments(values: JsonObject) -> tuple[str, ...]:
    return tuple(f"{key}={dumps(value)}" for key, value in values.items())


def _consent(build_images: bool) -> Callable[[PublishedVersion, list[Needed]], None]:
    def consent(version: PublishedVersion, missing: list[Needed]) -> None:
        from recast.catalogue.ready import refuse

        if not build_images:
            refuse(version, missing)

    return consent


def _warn(text: str) -> None:
    """Issue warnings as Python warnings; notes are only for terminals and are dropped."""
    import warnings

    if text.startswith("warning"):
        warnings.warn(text.removeprefix("warning").strip(), UserWarning, stacklevel=3)
