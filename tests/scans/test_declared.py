"""What a version declares of its plots is drawn the same from its record as from its entry."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from recast.catalogue.version import PublishedVersion
from recast.scans.declared import Declared, declared_plot, declared_scan, plot_of
from tests.conftest import ROOT

ENTRIES = sorted((ROOT / "catalogue").glob("*.yml"))


def version(found: dict[str, Any] | None) -> PublishedVersion:
    scan = {key: value for key, value in (found or {}).items() if key != "points"}
    return cast(PublishedVersion, SimpleNamespace(config={"scan": scan}, input_schema={}))


@pytest.mark.parametrize("path", ENTRIES, ids=[path.stem for path in ENTRIES])
def test_a_record_says_what_an_entry_declares(path: Any) -> None:
    for it in yaml.safe_load(path.read_text())["versions"]:
        declared = declared_scan(version(it.get("scan")), ())
        how_to_run = {"over": None, "takes": None, "value": "name", "inputs": {}, "columns": {}}
        assert declared_plot(plot_of(version(it.get("scan")))) == replace(declared, **how_to_run)


def test_without_a_declaration_there_is_none() -> None:
    assert plot_of(version(None)) == {} and declared_plot({}) == Declared()


def test_a_published_curve_is_kept() -> None:
    found = {"axes": ["a", "b"], "other_axes": [["c"]], "published": {"result": "lines", "curve": "observed"}}
    declared = declared_plot(plot_of(version(found)))
    assert declared.planes == (("a", "b"), ("c",)) and declared.published == ("lines", "observed")
