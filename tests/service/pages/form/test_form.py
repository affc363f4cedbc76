"""The form by itself: it and the document are one, whatever it holds; each fault has its place; grids; tables."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from recast.desk.cells import cell_of, is_alike, value_of
from recast.desk.document import read_draft
from recast.desk.points import MOST_POINTS
from recast.errors import InputError
from recast.operations.desk.request_file import read_request_file
from recast.service.pages.form.fields import examples_of, fields_of
from recast.service.pages.form.grid import BadAxis, axis_of, values_of
from recast.service.pages.form.held import MOST_ROWS, Axis, Column, Held
from recast.service.pages.form.sending import held_by
from recast.service.pages.form.shown import shown_form
from recast.service.pages.form.steps import stepped
from recast.service.pages.form.tables import as_table, as_yaml, points_in
from recast.service.pages.form.writing import held_of, points_of, written
from recast.service.pages.frame import render
from recast.service.pages.posted.sent import Sent
from tests.service.pages.filled import form_of
from tests.service.pages.reading import Page
from tests.service.pages.shelf import INPUTS, SCRIPT

_LETTERS = some.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u2028\u2029")
_TEXTS = some.text(_LETTERS, max_size=20)
_ODD = some.sampled_from(
    ['"', "12", "1e3", "true", "null", "[1", "{", "#x", "- a", "a,b", ";", "=1", "'", "0400", "1:30"]
)
_SCALARS = (
    some.integers(-(2**70), 2**70)
    | some.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS
    | _ODD
    | some.booleans()
)
_VALUES = some.recursive(
    _SCALARS | some.none(),
    lambda it: some.lists(it, max_size=3) | some.dictionaries(some.sampled_from("abc"), it),
    max_leaves=4,
)
_NAMES = some.sampled_from(["m_gluino", "m_lsp", "inputs.x", "x[0]", "a b", "ü", 'q"', "#n", "mass", "toys"])
_POINTS = some.lists(
    some.fixed_dictionaries(
        {"coordinates": some.dictionaries(_NAMES, _SCALARS, max_size=3)},
        optional={"inputs": some.dictionaries(_NAMES, _VALUES, max_size=3)},
    ),
    max_size=6,
)
_WORDS = some.text(
    some.characters(codec="utf-8", categories=["L", "N", "P", "Zs"], include_characters="\n"), max_size=60
)


def asked(document: dict[str, Any]) -> dict[str, Any]:
    """Return what a document asks for, in its one form."""
    draft = read_draft(document)
    points = [{"coordinates": dict(it.coordinates), "inputs": dict(it.inputs)} for it in draft.points]
    about = {
        key: getattr(draft, key) for key in ("analysis", "version", "wanted", "title", "model", "reason", "audience")
    }
    return {**about, "axes": list(draft.axes), "points": points}


def through_a_browser(held: Held) -> Held:
    """Return what a browser sends of the page that shows a form."""
    values = {"heading": "x", "save": "x", "action": "/requests/new", "unknown": "", "of_title": "", "said": ""}
    values |= {
        "analysis": held.text("analysis"),
        "faults": None,
        "audiences": [(it, it) for it in ("public", "unlisted", "private")],
    }
    values |= {"examples": (), "c": None, "terms": {"key": "k", "seen": ""}}
    text = render("form.html", "", f=shown_form(held, fields_of(INPUTS)), **values)
    page = Page(text)
    assert not page.faults
    filled: dict[str, tuple[str, ...]] = {}
    for name, value in form_of(page, "check", "do").fields:
        filled[name] = (*filled.get(name, ()), value.replace("\r\n", "\n"))
    return held_by(Sent(filled))


@settings(deadline=None, max_examples=60)
@given(_POINTS, _WORDS, some.sampled_from([[], ["m_gluino"]]))
def test_the_form_and_the_document_are_one(points: list[dict[str, Any]], words: str, axes: list[str]) -> None:
    document = {"analysis": "a-1", "title": " ".join(words.split()), "reason": words, "model": words, "axes": axes}
    document |= {"points": points, "audience": "public"}
    try:
        known = asked(document)
    except InputError:
        return
    held = held_of(document)
    for form in (held, through_a_browser(held)):
        assert not written(form).faults
        found = asked(written(form).document)
        assert is_alike(_sorted(found), _sorted(known)), (found, known)
    again = held_of(as_file(written(held).document))
    assert is_alike(_sorted(asked(written(again).document)), _sorted(known))


def as_file(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document after it was `request.yml`."""
    from recast.service.pages.form.tables import read_yaml

    found: dict[str, Any] = read_yaml(as_yaml(document))
    return found


def _sorted(document: dict[str, Any]) -> Any:
    """Return a document in which the order of names says nothing."""
    return [
        json.loads(json.dumps(it, sort_keys=True)) if key == "points" else it for key, it in sorted(document.items())
    ]


@given(_VALUES)
def test_a_cell_says_its_value(value: Any) -> None:
    assert is_alike(value_of(cell_of(value)), value)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12),
        (" 1.5 ", 1.5),
        ('"12"', "12"),
        ("[1600, 400]", [1600, 400]),
        ("true", True),
        ("[1", "[1"),
        ("a b", "a b"),
    ],
)
def test_what_a_cell_says(cell: str, value: Any) -> None:
    assert is_alike(value_of(cell), value)


# the grid -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axis", "values"),
    [
        (Axis("m", "100", "1000", "4"), [100, 400, 700, 1000]),
        (Axis("m", "0", "1", "11"), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        (Axis("m", "1e2", "2D2", "2"), [100, 200]),
        (Axis("m", "5", "5", "1"), [5]),
        (Axis("m", "3", "1", "3"), [3, 2, 1]),
        (Axis("m", values="100, 200; 350 400"), [100, 200, 350, 400]),
        (Axis("m", values='["a b", 1]'), ["a b", 1]),
    ],
)
def test_values_of_an_axis(axis: Axis, values: list[Any]) -> None:
    assert is_alike(values_of(axis), values)
    assert values_of(axis_of("m", values)) == values


@pytest.mark.parametrize(
    ("axis", "part"),
    [
        (Axis("m", "1", "", "3"), "stop"),
        (Axis("m", "", "2", "3"), "start"),
        (Axis("m", "1", "2", ""), "number"),
        (Axis("m", "1", "2", "x"), "number"),
        (Axis("m", "1", "2", "1"), "number"),
        (Axis("m", "1", "2", "999999"), "number"),
        (Axis("m", "1", "2", "2.5"), "number"),
        (Axis("m", "one", "2", "2"), "start"),
        (Axis("m", "nan", "2", "2"), "start"),
        (Axis("m", "1", "1e999999999", "2"), "stop"),
        (Axis("m", "1", "2", "2", "1, 2"), "values"),
        (Axis("m", values="[1, 2"), "values"),
        (Axis("m", values="1," * 5000), "values"),
    ],
)
def test_each_fault_of_an_axis_is_at_its_field(axis: Axis, part: str) -> None:
    with pytest.raises(BadAxis) as bad:
        values_of(axis)
    assert bad.value.part == part
    said = stepped(Held(axes=(Axis("x", values="1"), axis)), Sent({"do": ("show",)}), (), ())
    assert [place for place, _ in said.faults] == [f"axis-1-{part}"]
    assert said.held.axes[1] == axis, "nothing that was typed is lost"


def test_a_grid_is_what_the_command_line_makes_of_the_same_axes(tmp_path: Path) -> None:
    held = Held({"analysis": "a-1", "title": "x"}, (Axis("m_a", "100", "500", "3"), Axis("m_b", values="0, 12.5")))
    file = tmp_path / "request.yml"
    file.write_text(as_yaml(written(held).document), encoding="utf-8")
    of_command_line = read_request_file(file)
    shown = stepped(held, Sent({"do": ("show",)}), (), ())
    assert not shown.faults and shown.said == "6 points of the grid added."
    found = written(shown.held).document
    assert found["points"] == of_command_line["points"] and found["axes"] == of_command_line["axes"]
    again = stepped(shown.held, Sent({"do": ("show",)}), (), ())
    assert again.held == shown.held and again.faults == (("axes", "say the values of each axis first"),)


def test_points_that_are_there_are_not_added_twice() -> None:
    held = Held({}, (Axis("m", values="1, 2"),), (Column("coordinates", "m"),), (("2.0",), ("7",)))
    found = stepped(held, Sent({"do": ("show",)}), (), ()).held
    assert [row[0] for row in found.rows] == ["2.0", "7", "1"]


def test_a_grid_that_is_too_large_stays_a_grid() -> None:
    held = Held({}, (Axis("a", "1", "2", "50"), Axis("b", "1", "2", "50")))
    said = stepped(held, Sent({"do": ("show",)}), (), ())
    assert said.held == held and said.faults == (("axes", "`axes` stand for 2500 points, more than 2000"),)


# faults -------------------------------------------------------------------------------------------------------------


def test_each_fault_of_a_document_has_its_place() -> None:
    columns = (Column("coordinates", "m"), Column("inputs", "toys"))
    held = Held(
        {"title": "a\x07b", "audience": "friends", "analysis": "x", "wanted": "y"},
        (Axis("m"),),
        columns,
        (("", ""), ("[1]", "2"), ("3", "4"), ("3", "4"), ("", "5")),
    )
    said = written(held)
    with pytest.raises(InputError) as refused:
        read_draft(said.document)
    places = {said.place(it["where"]): it["what"] for it in refused.value.faults}
    assert places.keys() == {"title", "audience", "wanted", "cell-1-0", "row-3", "row-4"}
    assert "neither a number nor a text" in places["cell-1-0"] and "same as point" in places["row-3"]
    assert "which is an axis" in places["row-4"]


def test_faults_of_points_are_found_by_their_numbers() -> None:
    columns = (Column("coordinates", "m"), Column("inputs", "toys"))
    said = written(Held({}, (), columns, (("", ""), ("1", "2"), ("3", ""))))
    assert said.place_of_point("p1", "/toys") == "cell-1-1"
    assert said.place_of_point("p2", "/m") == "cell-2-0"
    assert said.place_of_point("p2", "/nothing") == "row-2"
    assert said.place_of_point("p9", "/toys") == "points" and said.place_of_point("", "/analysis") == ""
    grid = written(Held({}, (Axis("m", values="8, 9"),), columns, (("1", "2"),)))
    assert grid.place_of_point("p2", "/m") == "axes" and grid.place_of_point("p3", "/m") == "cell-0-0"
    table = written(Held(table="m,inputs.toys\n1,x\n"))
    assert table.place_of_point("p1", "/toys") == "table" and table.place("/csv") == "table"


def test_a_fault_is_beside_its_field_and_in_the_summary() -> None:
    held = Held({}, (Axis("m", "1"),), (Column("coordinates", "m"),), (("x",),))
    shown = shown_form(
        held, (), [("cell-0-0", "is wrong"), ("axis-0-stop", "is missing"), ("", "all of it"), ("nowhere", "y")]
    )
    assert shown.rows[0].cells[0].faults == ("is wrong",) and shown.at("axis-0-stop") == ("is missing",)
    assert dict(shown.summary) == {"cell-0-0": "is wrong", "axis-0-stop": "is missing", "": "y"}


# steps --------------------------------------------------------------------------------------------------------------


def step(held: Held, do: str, **fields: str) -> Any:
    sent = {"do": (do,), **{name.replace("_", "-"): (value,) for name, value in fields.items()}}
    return stepped(
        held,
        Sent(sent),
        [it.name for it in fields_of(INPUTS)],
        examples_of({"examples": {"demo": {"inputs": {"mass": 200}}}}),
    )


def test_rows_columns_and_axes_come_and_go() -> None:
    held = step(Held(), "add-coordinate", new_coordinate="m").held
    assert held.columns == (Column("coordinates", "m"),) and held.rows == (("",),)
    held = step(held, "add-row").held
    held = step(held, "add-input", new_input="toys", new_value="300").held
    assert held.rows == (("", "300"), ("", "300"))
    held = step(replace(held, rows=(("1", "2"), ("3", "4"))), "remove-row:0").held
    assert held.rows == (("3", "4"),)
    held = step(held, "remove-column:0").held
    assert held.columns == (Column("inputs", "toys"),) and held.rows == (("4",),)
    held = step(step(held, "add-axis").held, "add-axis").held
    assert len(held.axes) == 2 and len(step(held, "remove-axis:1").held.axes) == 1
    for nothing in ("remove-row:7", "remove-row:x", "remove-column:-1", "remove-axis:99", "", "nonsense", "remove-row"):
        assert step(held, nothing).held == held
    assert step(held, "add-input", new_input="toys").faults == (
        ("new-input", "there is a column of this name already"),
    )
    assert step(held, "add-coordinate", new_coordinate=" ").faults[0][0] == "new-coordinate"
    assert step(Held(), "add-row").faults[0][0] == "new-coordinate"
    assert step(held, "example:demo").held.rows == (("4", ""), ("", "200"))


def test_what_is_pasted_are_points_or_a_whole_request() -> None:
    held = Held({"analysis": "a-1", "title": "old"})
    for text in ("m_a,inputs.toys\n1,2\n", "m_a\tinputs.toys\n1\t2\n", "- {coordinates: {m_a: 1}, inputs: {toys: 2}}"):
        found = step(held, "paste", paste=text)
        assert not found.faults and written(found.held).document["points"] == [
            {"coordinates": {"m_a": 1}, "inputs": {"toys": 2}}
        ]
        assert found.held.text("title") == "old" and not found.kept.get("paste")
    whole = step(held, "paste", paste="title: new\naxes: {m: [1, 2]}\n")
    assert whole.held.text("title") == "new" and whole.held.axes == (Axis("m", values="1, 2"),)
    assert whole.held.text("analysis") == "a-1"
    other = step(held, "paste", paste="wanted: arXiv:1\ntitle: new\n").held
    assert (other.text("wanted"), other.text("analysis")) == ("arXiv:1", "")
    for wrong in ("titel: x", "a: [1", "m_a\n1,2", "", "&a [*a]", "[" * 5000, "title: x\nanalysis: a\nwanted: b"):
        refused = step(held, "paste", paste=wrong)
        assert refused.held == held and [it[0] for it in refused.faults] == ["paste"]
        assert refused.kept["paste"] == wrong, "what was typed is still there"


def test_two_thousand_points_are_a_table() -> None:
    grid = Held({}, (Axis("m_a", "1", "50", "50"), Axis("m_b", "1", "40", "40")))
    began = time.process_time()
    held = stepped(grid, Sent({"do": ("show",)}), (), ()).held
    assert not held.rows and held.table.count("\n") == 2001 and held.table.startswith("m_a,m_b\n1,1\n")
    assert len(read_draft(written(held).document).points) == MOST_POINTS
    shown = shown_form(held, (), table=[it.coordinates for it in points_of(held)])
    assert shown.ranges == (("m_a", "1 to 50, 50 different values"), ("m_b", "1 to 40, 40 different values"))
    assert time.process_time() - began < 5.0
    back = step(held, "to-rows")
    assert back.held == held and back.faults[0][0] == "table"
    few = step(Held(table="m,inputs.x\n1,\n2,[3]\n"), "to-rows").held
    assert few.rows == (("1", ""), ("2", "[3]")) and step(few, "to-table").held.table == "m,inputs.x\n1,\n2,[3]\n"


def test_rows_become_a_table_when_they_are_too_many() -> None:
    held = Held({}, (), (Column("coordinates", "m"),), tuple((str(it),) for it in range(MOST_ROWS)))
    assert step(held, "add-row").faults[0][0] == "points"
    found = step(held, "paste", paste="m\n-1\n").held
    assert not found.rows and found.table.count("\n") == MOST_ROWS + 2


# hostile ------------------------------------------------------------------------------------------------------------


def deep() -> dict[str, Any]:
    found: dict[str, Any] = {"type": "number"}
    for _ in range(3000):
        found = {"anyOf": [found]}
    return found


MANY = 100_000


@pytest.mark.parametrize(
    "made",
    [
        lambda: {"$ref": "#"},
        lambda: {"$ref": "#/properties/a", "properties": {"a": {"$ref": "#"}}},
        lambda: {"properties": {"a": {"$ref": "#/properties/b"}, "b": {"$ref": "#/properties/a"}}},
        lambda: {"properties": {"a": {"items": {"$ref": "#/properties/a"}, "type": "array"}}},
        lambda: {"properties": {"a": deep()}},
        lambda: {"properties": {f"i{number}": {"type": "number"} for number in range(MANY)}},
        lambda: {"properties": {"x" * MANY: {}}},
        lambda: {"properties": {"a": {"enum": list(range(MANY))}}},
        lambda: {
            "properties": {"a": {"enum": [{"b": "c" * MANY}], "default": "d" * MANY, "description": SCRIPT * 1000}}
        },
        lambda: {
            "properties": {"a": 3, "b": None, "c": [], "d": {"type": 7, "minimum": "x", "examples": 3, "enum": 4}}
        },
        lambda: {"properties": {"a": {"x-recast": 3, "items": 4, "minItems": "x", "maxItems": {}}}},
        lambda: {"properties": 3, "required": 7},
        lambda: {"required": [{}], "properties": {"a": True}},
        lambda: {},
    ],
)
def test_no_schema_breaks_the_form(made: Callable[[], Any]) -> None:
    schema, began = made(), time.process_time()
    found = fields_of(schema)
    assert len(found) <= 60 and sum(len(str(it)) for it in found) < 300_000
    assert time.process_time() - began < 2.0


def test_fields_have_units_examples_and_choices() -> None:
    schema = {
        "required": ["mass"],
        "properties": {
            **INPUTS["properties"],
            "process": {"enum": ["auto", "squark"], "default": "auto"},
            "sure": {"type": "boolean"},
            "slha": {"type": "string", "format": "file", "title": "Spectrum", "examples": ["bundle:x.slha"]},
        },
    }
    mass, toys, process, sure, slha = fields_of(schema)
    assert (mass.name, mass.needed, mass.unit, mass.takes) == ("mass", True, "GeV", "number, 100 to 3000")
    assert (toys.default, toys.example) == ("0", "300") and process.choices == ("auto", "squark")
    assert sure.choices == ("true", "false") and slha.is_file and slha.example == "bundle:x.slha"


_FIELDS = [
    "do",
    "column",
    "cell-0-0",
    "cell-3-1",
    "cell-999-99",
    "axis-name",
    "axis-values",
    "axis-start",
    "axis-stop",
    "axis-number",
    "table",
    "paste",
    "new-coordinate",
    "new-input",
    "title",
    "analysis",
    "_seen",
    "file-0-0",
]
_SENT = ["coordinates.m", "inputs.x", "show", "paste", "to-rows", "to-table", "add-row", SCRIPT]


@settings(deadline=None)
@given(
    some.dictionaries(
        some.sampled_from(_FIELDS), some.lists(_ODD | some.sampled_from(_SENT), min_size=1, max_size=4).map(tuple)
    )
)
def test_whatever_is_sent_is_a_form(fields: dict[str, tuple[str, ...]]) -> None:
    sent = Sent(fields)
    done = stepped(held_by(sent), sent, (), ())
    written(done.held)
    shown_form(done.held, (), done.faults)


def test_strangers_texts_stay_texts_on_the_page() -> None:
    held = Held({"title": SCRIPT, "reason": SCRIPT}, (Axis(SCRIPT, SCRIPT),), (Column("inputs", SCRIPT),), ((SCRIPT,),))
    found = through_a_browser(held)
    assert found.rows == held.rows and found.columns == held.columns and found.axes == held.axes


def test_a_table_says_points_that_no_csv_can_say() -> None:
    points = read_draft(
        {"points": [{"coordinates": {"inputs.x": 1}}, {"coordinates": {}, "inputs": {"a": None}}]}
    ).points
    text = as_table(points)
    assert text.startswith("- coordinates:") and points_in(text) == points


def test_a_record_without_a_title_has_examples() -> None:
    assert examples_of({"examples": 3}) == () and examples_of({"examples": {"a": 3}})[0].inputs == {}
