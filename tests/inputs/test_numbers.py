"""Numbers that YAML 1.1 reads as texts, or to the base of 8 or 60."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recast.errors import InputError
from recast.inputs.numbers import as_numbers
from recast.operations.which import model_asked
from recast.prepare.inputs import user_inputs
from recast.scans.points import parse_points

SCHEMA: dict[str, Any] = {
    "properties": {
        "xsec_fb": {"type": "number"},
        "events": {"type": "integer"},
        "name": {"type": "string"},
        "both": {"type": ["number", "string"]},
        "masses": {"type": ["array", "null"], "items": {"type": "number"}},
        "yields": {"type": "object", "additionalProperties": {"type": "number"}},
    }
}


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), ("1.3D-2", 0.013), ("2E3", 2000.0), (".5e1", 5.0), ("-1e2", -100.0), ("08", 8.0)],
)
def test_numbers_of_fortran_and_of_everybody_are_numbers(text: str, value: float) -> None:
    said = user_inputs((), [f"xsec_fb={text}", f"masses=[{text}, 400]", f"yields={{SR1: {text}}}", f"name={text}"], {})
    assert as_numbers(said, SCHEMA) == {
        "xsec_fb": value, "masses": [value, 400], "yields": {"SR1": value}, "name": text,
    }  # fmt: skip


def test_whole_numbers_stay_whole_and_texts_texts() -> None:
    found = as_numbers({"events": "2e3", "both": "1e3", "name": "1e3", "xsec_fb": "1e999", "other": "1e3"}, SCHEMA)
    assert found == {"events": 2000, "both": "1e3", "name": "1e3", "xsec_fb": "1e999", "other": "1e3"}
    assert type(found["events"]) is int
    assert as_numbers({"xsec_fb": "1.4 fb", "masses": "1600,400"}, SCHEMA) == {
        "xsec_fb": "1.4 fb",
        "masses": "1600,400",
    }


@pytest.mark.parametrize(
    ("text", "read"), [("0400", "256"), ("[1600, 0400]", "256"), ("1:30", "90"), ("1:30.5", "90.5")]
)
def test_numbers_to_the_base_of_8_and_60_are_refused(text: str, read: str, tmp_path: Path) -> None:
    """A neutralino of 0400 GeV would be one of 256 GeV, in silence."""
    file = tmp_path / "in.yml"
    file.write_text(f"events: 1\nmasses: {text}\n")
    for ask in (
        lambda: user_inputs((), [f"masses={text}"], {}),
        lambda: user_inputs((file,), (), {}),
        lambda: parse_points(f"- masses: {text}\n", "grid.yml", is_table=False),
        lambda: model_asked(None, [f"m_squark={text}"]),
    ):
        with pytest.raises(InputError, match=f"as {read}"):
            ask()
    quoted = user_inputs((), ["name='0400'", "mode=0", "x=0.5", "time='1:30'"], {})
    assert quoted == {"name": "0400", "mode": 0, "x": 0.5, "time": "1:30"}


def test_a_mass_in_any_notation() -> None:
    assert model_asked(None, ["m_squark=1.2e3"])[0].masses == {"squark": 1200.0}
