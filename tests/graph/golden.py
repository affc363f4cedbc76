"""The picture in the documentation: a search for a grid of points, halfway. `python -m tests.graph.golden` draws it."""

from __future__ import annotations

from pathlib import Path

from recast.engine.events import JobEnded, JobStarted, StepCached, SubmitIntended
from recast.graph import known_drawing
from recast.graph.svg import svg
from recast.jobs import Artifact, FailureClass
from recast.spec.model import ContainerEnvironment, FromParametersPublisher, Packtivity, Process, Selector, Workflow
from tests.engine.simulated import outcome
from tests.graph.drawings import engine_of
from tests.workflow.specs import GLOBBED, from_init, stage, zipped

GOLDEN = Path(__file__).parents[2] / "docs/images/graph.svg"
POINTS = 1000


def _runs(image: str, **more: object) -> Packtivity:
    publisher = more.get("publisher", FromParametersPublisher({"out": "out"}))
    return Packtivity(Process("command", "true"), ContainerEnvironment(image, "1"), publisher)  # type: ignore[arg-type]


def search() -> Workflow:
    """Unpack a likelihood, fit each point in a sub-workflow, gather, plot; how many plots is known only then."""
    out = {"out": "{workdir}/out.json"}
    point = {"point": from_init("point"), "workspace": from_init("workspace")}
    fitted = {"fit": Selector("fit", "out", single=True)}
    fit = Workflow(
        (
            stage("fit", ["init"], point | out, _runs("recast/pyhf-fit")),
            stage("limit", ["fit"], fitted | out, _runs("recast/pyhf-fit")),
        )
    )
    unpacked = {"workspace": Selector("unpack", "out", single=True)}
    scan = {"point": from_init("points")} | unpacked
    limits = {"limits": Selector("scan[*].limit", "out")}
    plots = {"table": Selector("gather", "files", single=True)}
    gather = _runs("recast/pyhf-fit", publisher=GLOBBED)
    return Workflow(
        (
            stage("unpack", ["init"], {"likelihood": from_init("likelihood")} | out, _runs("recast/pyhf-fit")),
            stage("scan", ["unpack"], scan, fit, zipped("point")),
            stage("gather", ["scan"], limits | {"points": from_init("points")}, gather),
            stage("plot", ["gather"], plots | out, _runs("recast/plots"), zipped("table")),
        )
    )


def picture() -> str:
    """Return the picture of a run in which some points are fitted, some come from the cache, and two failed."""
    engine = engine_of(search(), points=list(range(POINTS)), likelihood="likelihood.tar.gz")
    file = (Artifact("out.json", "sha256:0", 1),)
    submitted = ["/unpack/0", *(f"/scan/{number}/fit/0" for number in range(POINTS))]
    for number, step in enumerate(submitted):
        job = f"j{number}"
        if number > 1 and number % 5 == 0:
            engine.handle(StepCached(0.0, step, "k", file, None, "other", "same"))
        elif number < 700:
            failure = FailureClass.USER if number in (13, 77) else None
            engine.handle(SubmitIntended(0.0, step, job, 1, "", 2000, 3600))
            engine.handle(JobEnded(0.0, job, outcome(job, failure, () if failure else file)))
        elif number < 732:
            engine.handle(SubmitIntended(0.0, step, job, 1, "", 2000, 3600))
            engine.handle(JobStarted(0.0, job, "native"))
    for number in range(100):
        step = f"/scan/{number}/limit/0"
        if not engine.runs[step].waits_for:
            engine.handle(StepCached(0.0, step, "k", file, None, "other", "same"))
    return svg(
        known_drawing(
            engine, "A search for 1,000 points, half done", "3,003 steps, 1 stage not expanded yet", states=True
        )
    )


if __name__ == "__main__":
    GOLDEN.write_text(picture(), encoding="utf-8")
