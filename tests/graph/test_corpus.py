"""Pictures of real workflows: every valid one of the corpus, as it is written."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from recast.errors import SpecError
from recast.graph import written_drawing
from recast.graph.layout import lay_out
from recast.graph.svg import svg
from recast.spec import load_workflow
from tests.conftest import ROOT
from tests.graph.test_layout import check

VENDORED = ROOT / "tests/data/corpus"


def test_the_corpus() -> None:
    given = os.environ.get("RECAST_CORPUS")
    large = Path(given) if given else ROOT.parent / "shared/corpus"
    folder = large if (large / "VALIDATION.json").is_file() else VENDORED
    drawn = 0
    for name, (_, toplevel, *_) in json.loads((folder / "VALIDATION.json").read_text()).items():
        top = (folder / name.split("/")[0] / toplevel).resolve()
        try:
            workflow = load_workflow(str((folder / name).resolve().relative_to(top)), top).workflow
        except SpecError:
            continue
        drawing = written_drawing(workflow, name)
        check(lay_out(drawing))
        ElementTree.fromstring(svg(drawing))
        drawn += 1
    assert drawn >= 5
