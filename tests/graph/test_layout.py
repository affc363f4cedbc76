"""Where things stand: nothing overlaps, arrows point down and end at their boxes, and it stays quick."""

from __future__ import annotations

import itertools
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from recast.graph import Drawing, Edge, Group, Node, known_drawing, written_drawing
from recast.graph.layout import Picture, PlacedBox, lay_out
from recast.graph.layout.ranks import ranks
from recast.graph.layout.space import place_in_row
from recast.spec.model import Selector, Workflow
from tests.graph.drawings import diamonds, engine_of, nested, waiting
from tests.workflow.specs import packtivity, stage

SLACK = 0.01
"""px; sums of floats differ by their order."""


def check(picture: Picture) -> None:
    """What must hold of every picture."""
    boxes = {box.item.key: box for box in picture.boxes}
    for one, other in itertools.combinations(picture.boxes, 2):
        keys = one.item.key, other.item.key
        inside = keys[1][: len(keys[0])] == keys[0] or keys[0][: len(keys[1])] == keys[1]
        assert inside or not overlap(one, other), keys
    for key, box in boxes.items():
        around = boxes.get(key[:-1])
        assert around is None or holds(around, box), key
        assert -SLACK <= box.x <= box.x + box.width <= picture.width + 0.5
        assert -SLACK <= box.y <= box.y + box.height <= picture.height + 0.5
    for wire in picture.wires:
        for stroke in wire.strokes:
            assert stroke.y1 <= stroke.y_bend <= stroke.y2
        arrows = [(stroke.x2, stroke.y2) for stroke in wire.strokes if stroke.arrow]
        assert all(any(on_top(boxes[end], *arrow) for end in wire.ends) for arrow in arrows)


def overlap(one: PlacedBox, other: PlacedBox) -> bool:
    across = one.x < other.x + other.width - SLACK and other.x < one.x + one.width - SLACK
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def holds(around: PlacedBox, box: PlacedBox) -> bool:
    right, bottom = around.x + around.width + SLACK, around.y + around.height + SLACK
    is_above = around.x - SLACK <= box.x and around.y - SLACK <= box.y
    return is_above and box.x + box.width <= right and box.y + box.height <= bottom


def on_top(box: PlacedBox, x: float, y: float) -> bool:
    return abs(y - box.y) < 0.01 and box.x <= x <= box.x + box.width


def test_the_pictures_of_known_workflows() -> None:
    for workflow in (nested(), waiting(), diamonds(16)):
        check(lay_out(written_drawing(workflow, "title")))
    check(lay_out(known_drawing(engine_of(nested(), values=[1, 2, 3]), "title", expand=["*"])))
    check(lay_out(known_drawing(engine_of(diamonds(16), out=1), "title")))


def test_a_chain_is_straight_and_points_down() -> None:
    picture = lay_out(written_drawing(nested(), "title"))
    nodes = [box for box in picture.boxes if isinstance(box.item, Node)]
    assert [box.item.title for box in sorted(nodes, key=lambda box: box.y)] == ["init", "init", "fit", "plot", "reduce"]
    for wire in picture.wires:
        assert all(abs(stroke.x1 - stroke.x2) < 1 for stroke in wire.strokes)


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """Any acyclic drawing, nested up to two deep, with arrows between boxes of any levels."""
    keys: list[tuple[str, ...]] = []

    def members(above: tuple[str, ...], depth: int) -> tuple[Node | Group, ...]:
        made: list[Node | Group] = []
        for number in range(draw(st.integers(1, 4))):
            if depth and draw(st.booleans()):
                key = (*above, f"g{number}/")
                made.append(Group(key, draw(st.text(max_size=60)), members(key, depth - 1), count=2))
            else:
                key = (*above, f"n{number}")
                keys.append(key)
                made.append(Node(key, draw(st.text(max_size=60)), "step", 1))
        return tuple(made)

    root = Group((), "", members((), 2))
    pairs = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=30))
    chosen = {(keys[min(a, b) % len(keys)], keys[max(a, b) % len(keys)]) for a, b in pairs}
    order = {key: number for number, key in enumerate(keys)}
    edges = tuple(Edge(a, b) for a, b in sorted(chosen) if order[a] < order[b])
    return Drawing("title", "", root, edges)


@settings(max_examples=60, deadline=None)
@given(drawings())
def test_any_drawing_has_a_picture_without_overlaps(drawing: Drawing) -> None:
    check(lay_out(drawing))


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0.1, 10), st.floats(0, 100)), min_size=1, max_size=20))
def test_places_in_a_row_keep_their_distance_and_their_mean(cells: list[tuple[float, float, float]]) -> None:
    wanted, weights, apart = ([cell[i] for cell in cells] for i in range(3))
    found = place_in_row(wanted, weights, apart[1:])
    for (a, b), distance in zip(itertools.pairwise(found), apart[1:], strict=True):
        assert b - a >= distance - 1e-6
    total = sum(weights)
    mean = sum(w * x for w, x in zip(weights, wanted, strict=True)) / total
    assert abs(sum(w * x for w, x in zip(weights, found, strict=True)) / total - mean) < 1e-6


def test_a_circle_does_not_hang() -> None:
    assert sorted(ranks(3, [(0, 1), (1, 2), (2, 0)])) == [0, 1, 2]


def test_two_thousand_stages_in_a_chain_all_of_which_are_used_again_at_the_end() -> None:
    stages, before = [], "init"
    for number in range(2000):
        values = {"x": Selector(before, "out", single=True), "i": Selector("init", "out", single=True)}
        stages.append(stage(f"s{number}", [before], values, packtivity()))
        before = f"s{number}"
    everything = {f"p{number}": Selector(f"s{number}", "out", single=True) for number in range(2000)}
    workflow = Workflow((*stages, stage("end", [before], everything, packtivity())))
    start = time.process_time()
    lay_out(written_drawing(workflow, "title"))
    assert time.process_time() - start < 20
