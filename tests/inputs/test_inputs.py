"""Inputs judged all at once, explained, and as a file to fill in."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import InputError
from recast.inputs.faults import faults_of, raise_faults
from recast.inputs.filevalue import BadFile, FileName, file_places, parse_file, with_values
from recast.inputs.help import input_rows
from recast.inputs.schema import with_defaults
from recast.inputs.template import template
from tests.conftest import Recast
from tests.inputs.conftest import SCHEMA, Published

NESTED: dict[str, Any] = {
    "type": "object",
    "$defs": {"mass": {"type": "number", "minimum": 100, "maximum": 3000, "x-recast": {"unit": "GeV"}}},
    "properties": {
        "masses": {"$ref": "#/$defs/mass", "description": "Mass of the squark."},
        "order": {"enum": ["LO", "NLO"], "default": "LO"},
        "cuts": {
            "type": "object",
            "properties": {"met": {"type": "integer", "x-recast": {"unit": "GeV"}}},
            "additionalProperties": False,
        },
        "grid": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"x": {"$ref": "#/$defs/mass"}, "f": {"type": "string", "format": "file"}},
            },
        },
    },
    "required": ["masses"],
    "additionalProperties": False,
}


def test_all_faults_at_once_each_with_place_finding_and_what_is_allowed() -> None:
    inputs = {"mases": 500, "order": "N2LO", "cuts": {"mett": 3}, "grid": [{"x": 5}]}
    with pytest.raises(InputError) as caught:
        raise_faults(faults_of(inputs, NESTED), "a@1")
    error = caught.value
    assert error.where == "inputs /cuts/mett, /grid/0/x, /mases, /masses, /order"
    assert "/mases: there is no input 'mases'. Did you mean 'masses'?" in error.why
    assert "/masses: 'masses' is missing. Takes: number (100 to 3000) in GeV. Mass of the squark." in error.why
    assert "/order: N2LO is none of the choices. Takes: choice (LO, NLO)." in error.why
    assert "/grid/0/x: 5 is less than 100. Takes: number (100 to 3000) in GeV." in error.why
    assert "/cuts/mett: there is no input 'mett'. Did you mean 'met'?" in error.why
    assert error.next_step.startswith("recast show inputs a@1")
    assert error.exit_code == 3


def test_what_fits_has_no_faults() -> None:
    assert (
        faults_of({"masses": 500, "grid": [{"x": 100, "f": {"url": "https://a.b/c", "sha256": "0" * 64}}]}, NESTED)
        == []
    )


def test_faults_are_bounded() -> None:
    with pytest.raises(InputError) as caught:
        raise_faults(faults_of({"masses": 500, "grid": [{"x": 5}] * 100}, NESTED), "a@1")
    assert "and 80 more" in caught.value.why


def test_defaults_are_filled_in_and_do_not_win() -> None:
    assert with_defaults({}, NESTED) == {"order": "LO"}
    assert with_defaults({"order": "NLO"}, NESTED) == {"order": "NLO"}


def test_rows_reach_into_maps_and_lists() -> None:
    rows = {row["input"]: row for row in input_rows(NESTED)}
    assert list(rows) == ["masses", "order", "cuts", "cuts.met", "grid", "grid[].x", "grid[].f"]
    assert rows["masses"] == {
        "input": "masses", "type": "number", "required": True, "unit": "GeV", "allowed": "100 to 3000",
        "description": "Mass of the squark.", "examples": [],
    }  # fmt: skip
    assert rows["order"]["default"] == "LO"
    assert (rows["grid"]["type"], rows["grid[].f"]["type"]) == ("list of maps", "file")


def test_a_schema_that_refers_to_itself_ends() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#/properties/b"}}}
    assert len(input_rows(schema)) < 2000
    assert file_places(schema, {"a": {"a": {}}, "b": "x"}) == []
    assert "a:" in template(schema, "x@1")


def test_a_template_is_yaml_and_what_is_required_stands_in_it() -> None:
    text = template(NESTED, "a@1")
    assert yaml.safe_load(text) == {"masses": 0.0}
    assert "masses: 0.0   # FILL IN" in text
    assert "# number; in GeV; 100 to 3000; required" in text
    assert "# order: LO" in text
    assert yaml.safe_load(template(NESTED, "a@1", {"masses": 700})) == {"masses": 700}


def test_a_description_cannot_break_out_of_its_comment() -> None:
    evil = "a\nmasses: 1\u2028cuts: 2\x85order: 3 \x1b[2J"
    text = template({"type": "object", "properties": {"x": {"type": "string", "description": evil}}}, "a@1")
    assert yaml.safe_load(text) is None
    assert "\x1b" not in text


def test_places_of_files_follow_the_schema_and_the_mark() -> None:
    inputs = {"grid": [{"f": "a"}, {"f": "b", "x": 1}], "order": FileName("c")}
    assert {place.pointer for place in file_places(NESTED, inputs)} == {"/grid/0/f", "/grid/1/f", "/order"}
    changed = with_values(inputs, {("grid", 1, "f"): "B"})
    assert changed == {"grid": [{"f": "a"}, {"f": "B", "x": 1}], "order": "c"}
    assert inputs["grid"][1]["f"] == "b"


@given(st.one_of(st.text(), st.none(), st.integers(), st.dictionaries(st.text(), st.text())))
def test_whatever_is_handed_in_is_a_file_with_a_plain_name_or_no_file(value: Any) -> None:
    try:
        found = parse_file(value)
    except BadFile as problem:
        assert problem.what and problem.allowed
        return
    assert found.name.isascii() and "/" not in found.name and found.name not in (".", "..")
    assert not set(found.name) & set(" \t\n;|&$`'\"*?[]{}()<>")


def test_show_inputs(recast: Recast, files_1: Published) -> None:
    assert files_1.publish().code == 0
    told = recast("show", "inputs", "files-1")
    assert "slha  file; at most 1000 bytes" in told.out
    assert "mass  number; in GeV; 100 to 3000; default 500" in told.out
    assert "recast run files-1@1.0.0 --example demo" in told.out
    document = recast("show", "inputs", "files-1@1.0.0", "-o", "json").json
    assert document["schema"] == SCHEMA
    assert document["examples"] == {"demo": {"slha": "bundle:files/example.slha"}}
    assert recast("show", "inputs", "files-1", "-o", "csv").out.startswith("input,type,required,unit,allowed,default")
    assert recast("show", "inputs", "fils-1").code == 6


def test_a_template_with_an_example_is_complete() -> None:
    example = {"masses": 700, "order": "NLO", "grid": [{"x": 200}]}
    text = template(NESTED, "a@1", example)
    assert yaml.safe_load(text) == example
    assert "# cuts:" in text, "what the example leaves out is still explained"
    assert yaml.safe_load(template({"type": "object"}, "a@1", {"any": [1]})) == {"any": [1]}


def test_a_template_runs(recast: Recast, files_1: Published, tmp_path: Any) -> None:
    files_1.publish()
    text = recast("show", "inputs", "files-1", "--template", "--example", "demo").out
    (tmp_path / "inputs.yml").write_text(text)
    done = recast("plan", "files-1", "--inputs", tmp_path / "inputs.yml", "-o", "json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["steps"]


def test_show_of_a_run_is_as_it_was(recast: Recast) -> None:
    for arguments in (["show", "last"], ["show", "-o", "json", "last"]):
        done = recast(*arguments)
        assert done.code == 6
        assert "No run 'last'" in done.err
    assert recast("show").code == 2
    assert "inputs ANALYSIS" in recast("show", "--help").out


@pytest.mark.parametrize(
    ("text", "words"), [("1e-6", "1.0e-6"), ("9E9", "9.0e+9"), ("-2.5e3", "-2.5e+3"), ("1e-6 fb", "")]
)
def test_a_power_that_yaml_takes_for_a_text_is_said_as_yaml_wants_it(text: str, words: str) -> None:
    schema = {"type": "object", "properties": {"xsec_fb": {"type": "number"}, "many": {"items": {"type": "number"}}}}
    (fault,) = faults_of({"xsec_fb": text}, schema)
    assert fault.what == f"{text} is a text, not a number" + (f"; YAML wants it as {words}" if words else "")
    (fault,) = faults_of({"many": [text]}, schema)
    assert (words in fault.what) and ("YAML" in fault.what) == bool(words)
    if words:
        assert isinstance(yaml.safe_load(words), float)
