"""Each option of prun has a row, and what a row tells to write can be written."""

from __future__ import annotations

import json
import re

import click
import pytest

from recast.cli.runs.submit import submit
from recast.submissions.prun import KINDS, meant_by_prun, prun_options
from tests.conftest import ROOT, Recast

PRUN = json.loads((ROOT / "tests/data/prun-options.json").read_text())["options"]
"""As prun's own parsers say them."""


def test_every_option_of_prun_has_one_row() -> None:
    assert [option.name for option in prun_options()] != []
    assert sorted(option.name for option in prun_options()) == sorted(item["name"] for item in PRUN)
    assert len(PRUN) == 142


@pytest.mark.parametrize("option", prun_options(), ids=lambda option: option.name)
def test_a_row_says_what_to_write_or_why_not(option) -> None:
    assert option.kind in KINDS
    assert len(option.here) > 5
    known = {
        flag
        for param in submit.params
        if isinstance(param, click.Option)
        for flag in (*param.opts, *param.secondary_opts)
    }
    for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+(?=[\s,;:.)]|$)", option.here) if option.kind == "option" else ():
        assert flag in known | {"--follow", "--version"}
    error = meant_by_prun(option.name)
    assert error is not None
    assert error.next_step


def test_who_types_one_is_told(recast: Recast) -> None:
    answer = recast("submit", "x:1", "--containerImage", "y", "--", "true")
    assert answer.code == 2
    assert "--containerImage is prun's" in answer.err
    assert "IMAGE, the first word" in answer.err
    answer = recast("submit", "x:1", "--athenaTag=1", "--", "true")
    assert "Releases are part of the image" in answer.err
    assert "--cpux" in recast("submit", "x:1", "--cpux", "y", "--", "true").err
