"""Each type of result has a schema that accepts the contract's example and refuses strangers."""

import pytest
from jsonschema import Draft202012Validator

from recast.errors import ResultError
from recast.results.types import RESULT_TYPES, check, schema

EXAMPLES = {
    "cutflow": {"region": "SR-2j-1600", "steps": [{"name": "preselection", "events": 174.0, "error": 2.1}]},
    "efficiency": {"regions": [{"region": "A", "efficiency": 0.02, "error": 0.001}]},
    "file": {"path": "/r/a.csv", "file": "files/a.csv", "sha256": "0" * 64, "size_bytes": 3, "media_type": "text/csv"},
    "limit": {
        "point": {"region": "A"},
        "cls_obs": 0.0214,
        "cls_exp": [0, 0, 0, 0, 0],
        "mu_ul_obs": None,
        "mu_ul_exp": None,
        "excluded": True,
        "verdict": "…",
    },
    "plot": {"path": "/r/a.png", "file": "files/a.png", "sha256": "0" * 64, "size_bytes": 3, "media_type": "image/png"},
    "table": {"columns": [{"name": "m", "unit": "GeV"}], "rows": [[1.0], ["x"], [None]]},
    "yields": {
        "regions": [
            {
                "region": "A",
                "observed": 12,
                "background": 11.2,
                "background_error": 1.0,
                "signal": 3.0,
                "signal_error": 0.1,
            }
        ]
    },
}


@pytest.mark.parametrize("kind", RESULT_TYPES)
def test_schema(kind):
    Draft202012Validator.check_schema(schema(kind))
    example = {"name": "x", "type": kind, **EXAMPLES[kind]}
    check(example, "here")
    with pytest.raises(ResultError, match=kind):
        check({**example, "stranger": 1}, "here")
    for key in EXAMPLES[kind].keys() & set(schema(kind)["required"]):
        with pytest.raises(ResultError, match=kind):
            check({k: v for k, v in example.items() if k != key}, "here")


def test_a_number_that_is_not_finite_is_named():
    table = {"name": "t", "type": "table", "columns": [{"name": "m"}], "rows": [[1.0], [float("nan")]]}
    with pytest.raises(ResultError) as caught:
        check(table, "result t")
    assert caught.value.where == "result t, /rows/1/0"
