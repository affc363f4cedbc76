"""What is drawn: a box a stage with its number, nested boxes, what is open, and the edges under each arrow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recast.engine import Engine
from recast.engine.events import JobEnded, StepCached, SubmitIntended
from recast.errors import NotFound, UsageError
from recast.graph import Edge, Group, known_drawing, written_drawing
from recast.graph.document import document
from recast.jobs import Artifact, FailureClass
from recast.spec.model import Dependencies, Workflow
from tests.engine.simulated import outcome
from tests.graph.drawings import box, diamonds, engine_of, nested, waiting
from tests.workflow.specs import map_reduce, packtivity, stage


def submit(engine: Engine, step: str, job_id: str) -> None:
    engine.handle(SubmitIntended(0.0, step, job_id, 1, "", 1, 1))


def test_a_stage_of_a_thousand_steps_is_one_box() -> None:
    drawing = known_drawing(engine_of(map_reduce(), values=list(range(1000))), "title")
    assert [(node.key, node.count) for node in drawing.root.nodes()] == [
        (("init",), 1),
        (("map",), 1000),
        (("reduce",), 1),
    ]
    assert drawing.edges == (Edge(("init",), ("map",), 1000), Edge(("map",), ("reduce",), 1000))


def test_sub_workflows_are_nested_boxes() -> None:
    drawing = known_drawing(engine_of(nested(), values=[1, 2, 3]), "title")
    group = drawing.root.members[1]
    assert isinstance(group, Group)
    assert (group.key, group.title, group.count) == (("map/",), "map", 3)
    assert [(member.title, member.count) for member in group.members] == [("init", 3), ("fit", 3), ("plot", 3)]
    assert Edge(("map/", "plot"), ("reduce",), 3) in drawing.edges
    assert Edge(("init",), ("map/", "init"), 3) in drawing.edges


@pytest.mark.parametrize("expand", ["map", "/map", "*"])
def test_an_expanded_stage_has_a_box_for_each_of_its_instances(expand: str) -> None:
    drawing = known_drawing(engine_of(nested(), values=[1, 2]), "title", expand=[expand])
    assert [member.title for member in drawing.root.members] == ["init", "map[0]", "map[1]", "reduce"]
    assert Edge(("map[1]/", "plot"), ("reduce",), 1) in drawing.edges


def test_only_the_stage_of_the_path_that_was_named_is_expanded() -> None:
    drawing = known_drawing(engine_of(nested(), values=[1, 2]), "title", expand=["map/fit"])
    assert [member.title for member in drawing.root.members] == ["init", "map", "reduce"]


def test_a_stage_that_is_not_there_cannot_be_expanded() -> None:
    with pytest.raises(NotFound, match="no stage 'other/map'"):
        known_drawing(engine_of(nested(), values=[1, 2]), "title", expand=["map", "other/map"])


def test_what_has_not_expanded_is_drawn_as_written_and_says_what_it_waits_for() -> None:
    drawing = known_drawing(engine_of(waiting()), "title")
    assert box(drawing, "make").count == 1
    each = next(member for member in drawing.root.members if member.title == "each")
    assert isinstance(each, Group)
    assert (each.count, each.open, each.each, each.waits_for) == (0, 1, "file", ("/make",))
    assert box(drawing, "each/", "use").kind == "open"
    assert box(drawing, "last").waits_for == ("/each",)
    assert Edge(("make",), ("each/", "init"), known=False) in drawing.edges
    assert Edge(("each/", "use"), ("last",), known=False) in drawing.edges
    assert all(edge.known for edge in drawing.edges if edge.target == ("make",))


def test_what_was_open_is_known_once_it_expands() -> None:
    engine = engine_of(waiting())
    submit(engine, "/make/0", "j")
    files = tuple(Artifact(f"{n}.txt", "sha256:0", 1) for n in range(4))
    engine.handle(JobEnded(0.0, "j", outcome("j", outputs=files)))
    drawing = known_drawing(engine, "title", states=True)
    assert box(drawing, "each/", "use").count == 4
    assert all(edge.known for edge in drawing.edges)
    assert not any(node.open for node in drawing.root.nodes())


def test_states_are_counted_and_cached_steps_stand_apart() -> None:
    engine = engine_of(map_reduce(), values=[1, 2, 3, 4])
    for number in range(3):
        submit(engine, f"/map/{number}", f"j{number}")
    engine.handle(JobEnded(0.0, "j0", outcome("j0")))
    engine.handle(JobEnded(0.0, "j1", outcome("j1", FailureClass.USER)))
    engine.handle(StepCached(0.0, "/map/3", "k", (), None, "other /map/3", "same"))
    drawing = known_drawing(engine, "title", states=True)
    assert box(drawing, "map").states == {"succeeded": 1, "failed": 1, "submitted": 1, "cached": 1}
    assert box(drawing, "reduce").states == {"waiting": 1}
    before = known_drawing(engine, "title")
    assert not any(node.states for node in before.root.nodes())


def test_without_inputs_the_stages_are_drawn_as_they_are_written() -> None:
    drawing = written_drawing(nested(), "title")
    assert all(node.count == 0 and node.open for node in drawing.root.nodes())
    assert {(edge.source, edge.target) for edge in drawing.edges} == {
        (("init",), ("map/", "init")),
        (("map/", "init"), ("map/", "fit")),
        (("map/", "fit"), ("map/", "plot")),
        (("map/", "plot"), ("reduce",)),
    }


def test_a_dependency_on_a_whole_sub_workflow_is_an_arrow_from_its_box() -> None:
    workflow = nested()
    drawing = written_drawing(workflow, "title")
    assert not any(edge.source == ("map/",) for edge in drawing.edges)  # the reference inside says more
    plain = Workflow((*workflow.stages[:1], stage("after", ["map"], {}, packtivity())))
    assert Edge(("map/",), ("after",), known=False) in written_drawing(plain, "title").edges


def test_the_document_has_paths_and_numbers() -> None:
    body = document(known_drawing(engine_of(nested(), values=[1, 2]), "title"))
    assert body["stages"][1] == {"stage": "/map", "scopes": 2, "open": 0, "waits_for": [], "note": ""}
    assert {"from": "/map/plot", "to": "/reduce", "count": 2, "known": True} in body["edges"]


def test_a_stage_that_a_condition_turned_off_or_that_has_nothing_to_do_says_so() -> None:
    workflow = map_reduce()
    off = replace(workflow.stages[1], name="off", dependencies=Dependencies("expressions_fulfilled", (0,)))
    drawing = known_drawing(engine_of(Workflow((workflow.stages[0], off)), values=[]), "title")
    assert box(drawing, "map").note == "no steps"
    assert box(drawing, "off").note == "skipped: a condition of stage 'off' is false"


def test_diamonds_are_not_walked_by_their_paths() -> None:
    drawing = known_drawing(engine_of(diamonds(40), out=1), "title")
    assert len(drawing.edges) == 4 * 40


def test_a_picture_that_nobody_could_read_is_refused() -> None:
    engine = engine_of(map_reduce(), values=list(range(4000)))
    with pytest.raises(UsageError, match="more than 3000 boxes"):
        known_drawing(engine, "title", expand=["*"])
