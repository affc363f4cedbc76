"""Run step tests: those that have not passed as they are become the steps of one run on this machine."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recast.catalogue.entries.local_workflow import Source
from recast.ci.steptests.images import pinned_images
from recast.ci.steptests.judging import outcome_of
from recast.ci.steptests.model import StepTest
from recast.ci.steptests.outcome import TestOutcome
from recast.ci.steptests.passes import Digests, Passes
from recast.ci.steptests.spec import SPEC_NAME, identity, inputs_of, place_in, workflow_of
from recast.counted import counted
from recast.errors import InfrastructureError, NetworkError, RecastError
from recast.images.layout import ImageStore
from recast.json_types import JsonDict
from recast.operations.run import begin_run
from recast.paths import Places
from recast.prepare import Options, PreparedRun, prepare
from recast.prepare.inputs import InitData
from recast.runs import OpenRun
from recast.runs.drive import drive
from recast.runs.remove import remove_run
from recast.spec import load_workflow

if TYPE_CHECKING:
    from recast.engine import Engine
    from recast.executors.protocol import Executor

__all__ = ["How", "run"]

UNTRUSTED = "whoever asked for this change is not trusted: no registry of the local network is asked for its images"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class How:
    """How tests run: at most `max_parallel` at once (default: one a core), by a `runtime` (default: the first that
    works), `fresh` also if they have passed as they are. `untrusted` says that a stranger wrote them and the spec: no
    registry of the local network is asked for their images.
    """

    max_parallel: int | None = None
    runtime: str | None = None
    fresh: bool = False
    untrusted: bool = False


def run(
    tests: Sequence[StepTest],
    places: Places,
    *,
    say: Say,
    out: Path | None = None,
    how: How | None = None,
    pins: Mapping[Path, Mapping[str, str]] | None = None,
    watch: Callable[[Engine, Executor], None] | None = None,
) -> list[TestOutcome]:
    """Run the tests on this machine and return their outcomes in the same order.

    Logs are copied below `out`. `pins` are digests of images that are known already, by the folder of the spec and
    `name:tag`; other images are built from their recipes. The run is removed if all tests passed, and kept for a look
    otherwise. Raises what `begin_run` and builds of images raise; trouble with one test is its outcome.
    """
    how, store = how or How(), ImageStore(places.image_store)
    passes, digests = Passes(places.state_dir / "ci" / "step-tests"), Digests()
    images = pinned_images(tests, store, say, pins or {}, strangers=how.untrusted)
    names = {test.title: images[test.folder, test.step.image or ""] for test in tests}
    keys = {test.title: identity(test, names[test.title], digests) for test in tests}
    before = {} if how.fresh else {it.title: passes.seconds(keys[it.title]) for it in tests}
    todo = [test for test in tests if before.get(test.title) is None]
    made = _run(todo, names, places, how, say, out, watch) if todo else {}
    for test in todo:
        if made[test.title].outcome == "passed":
            passes.note(keys[test.title], test.title, made[test.title].seconds)
    return [made.get(test.title) or _known(test) for test in tests]


def _known(test: StepTest) -> TestOutcome:
    return TestOutcome(test.name, test.file, test.stage, "cached", 0.0, "it has passed as it is")


def _run(
    tests: Sequence[StepTest],
    images: Mapping[str, str],
    places: Places,
    how: How,
    say: Say,
    out: Path | None,
    watch: Callable[[Engine, Executor], None] | None,
) -> dict[str, TestOutcome]:
    with tempfile.TemporaryDirectory(prefix="recast-step-tests-") as folder:
        directory = begin_run(
            _prepared(tests, images, Path(folder), how), places, consent=_nothing_to_build, say=say, passed_over=say
        )
    try:
        live = drive(directory, places, watch or (lambda engine, executor: None), say=say)
    except RecastError as problem:
        with suppress(RecastError):  # nobody goes on with a run of tests
            remove_run(directory, places)
        raise _blamed(problem) from problem
    told = {test.title: outcome_of(number, test, live, out) for number, test in enumerate(tests)}
    _tidy(live, places, all(outcome.good for outcome in told.values()), say)
    return told


def _prepared(tests: Sequence[StepTest], images: Mapping[str, str], folder: Path, how: How) -> PreparedRun:
    text = json.dumps(workflow_of(tests, images), indent=1, ensure_ascii=False)
    (folder / "spec").mkdir()
    (folder / "spec" / SPEC_NAME).write_text(text, encoding="utf-8")
    loaded = load_workflow(SPEC_NAME, folder / "spec")
    source = Source(
        toplevel=loaded.toplevel,
        path=loaded.path,
        workflow=loaded.workflow,
        files=loaded.files,
        pins={},
        origin=_origin(tests, how),
        quotes_inputs=any(test.step.quotes for test in tests),
    )
    values = inputs_of(tests)
    data = InitData(values, values, _files(tests, folder / "init"))
    return prepare(source, data, Options(runtime=how.runtime, max_parallel=how.max_parallel, use_cache=False))


def _origin(tests: Sequence[StepTest], how: How) -> JsonDict:
    titles = {"tests": [test.title for test in tests]}
    return {"step_tests": titles, **({"untrusted": {"note": UNTRUSTED}} if how.untrusted else {})}


def _files(tests: Sequence[StepTest], folder: Path) -> dict[str, Path]:
    """Return the files of init by their path; those that are written in a test are put into a folder."""
    found: dict[str, Path] = {}
    for number, test in enumerate(tests):
        for file in test.step.files.values():
            place = place_in(number, file)
            if file.content is not None:
                (folder / place).parent.mkdir(parents=True, exist_ok=True)
                (folder / place).write_bytes(file.content)
            found[place] = file.path or folder / place
    return found


def _blamed(problem: RecastError) -> RecastError:
    """Return the error, or, for an image that is not here because its registry cannot be reached, one that says so."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, InfrastructureError) and not isinstance(problem, InfrastructureError):
            return NetworkError(problem.what, where=problem.where, why=str(cause), next_step=problem.next_step)
        cause = cause.__cause__ or cause.__context__
    return problem


def _tidy(live: OpenRun, places: Places, good: bool, say: Say) -> None:
    run_id = live.request.run
    if not good:
        say(f"kept       the steps of the tests as run {run_id}: recast shell {run_id} STEP")
        return
    try:
        remove_run(live.directory, places)
    except InfrastructureError as problem:
        say(f"warning    the run of {counted(len(live.engine.runs), 'step test')} stays: {problem}")


def _nothing_to_build(*_: object) -> None:
    """Consent: the images of tests are there by now."""
