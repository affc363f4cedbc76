"""Results as typed objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.api import File, Limit, Results, Rows, Table
from recast.errors import NotFound

LIMIT = {
    "name": "limit",
    "type": "limit",
    "point": {"region": "A", "m_gluino_gev": 2000},
    "cls_obs": 0.0214,
    "cls_exp": [0.001, 0.004, 0.02, 0.08, 0.2],
    "mu_ul_obs": None,
    "mu_ul_exp": None,
    "expected_convention": "fitted",
    "excluded": True,
    "verdict": "Excluded at 95% CL",
    "notes": [],
}
YIELDS = {
    "name": "yields",
    "type": "yields",
    "point": {},
    "regions": [{"region": "A", "observed": 3, "background": 2.5}],
}
PLOT = {"name": "cls", "type": "plot", "file": "cls.png", "title": "CLs"}
DOCUMENT = {"run": "r", "analysis": "a", "version": "1.0.0", "digest": None, "results": [LIMIT, YIELDS, PLOT]}


@pytest.fixture
def results() -> Results:
    return Results(DOCUMENT, Path("results"))


def test_a_limit_is_typed_and_what_is_not_known_is_none(results: Results) -> None:
    limit = results.limit
    assert isinstance(limit, Limit)
    assert (limit.cls_obs, limit.cls_exp, limit.excluded) == (0.0214, (0.001, 0.004, 0.02, 0.08, 0.2), True)
    assert limit.mu_ul_obs is None and limit.xsec_ul_exp_fb is None
    assert limit.expected_convention == "fitted"
    assert limit.to_dict() == LIMIT


def test_every_type_has_its_class(results: Results) -> None:
    assert [type(one) for one in results] == [Limit, Rows, File]
    assert results.files[0].path == Path("results/cls.png")
    assert results["yields"][0].table[0]["observed"] == 3
    assert results.tables["yields"].columns == ("region", "observed", "background")


def test_a_name_that_is_not_there_names_the_nearest(results: Results) -> None:
    with pytest.raises(NotFound, match="no result 'limits'") as caught:
        results["limits"]
    assert "limit" in caught.value.why


def test_several_limits_are_not_one() -> None:
    with pytest.raises(NotFound, match="2 limits"):
        _ = Results({**DOCUMENT, "results": [LIMIT, {**LIMIT, "point": {"region": "B"}}]}, Path()).limit


def test_warnings_stand_first_in_words_and_in_html(results: Results) -> None:
    warned = Results({**DOCUMENT, "warnings": ["a@1.0.0 is withdrawn: <wrong>"]}, Path())
    assert warned.warnings == ("a@1.0.0 is withdrawn: <wrong>",)
    assert repr(warned).startswith("WARNING: a@1.0.0 is withdrawn")
    assert "&lt;wrong&gt;" in warned._repr_html_() and "<wrong>" not in warned._repr_html_()
    assert "Excluded" in repr(results)


def test_a_table_shows_no_markup_and_no_escapes_of_strangers() -> None:
    table = Table([{"a": "<script>", "b": "x\x1b[31m"}, {"b": 0.123456789}])
    assert table.columns == ("a", "b")
    html = table._repr_html_()
    assert "<script>" not in html and "\x1b" not in html
    assert "0.123457" in repr(table)
    assert table[1:].to_dicts() == [{"b": 0.123456789}]


def test_a_long_table_says_how_much_more_there_is() -> None:
    table = Table([{"n": n} for n in range(1234)])
    assert len(table) == 1234
    assert repr(table).endswith("... and 1,034 more rows")
