"""The scripts of atlas-susy-2018-22 as modules, its fixed sample of events, and the steps after generation in a row."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.analyses.chain import Bundle
from tests.conftest import ROOT

__all__ = ["ANALYSIS", "POINT", "SAMPLE", "SCRIPTS", "analysed", "answered", "scripts"]

ANALYSIS = "atlas-susy-2018-22"
SCRIPTS = ROOT / "specs" / ANALYSIS / "1.0.0/files/scripts"
SAMPLE = Path(__file__).parent / "data/squark_1600_400.jsonl.gz"
POINT = {"process": "squark", "m_squark_gev": 1600.0, "m_neutralino_gev": 400.0}
EXAMPLES = SCRIPTS.parent / "examples"


@contextmanager
def scripts(folder: Path, *names: str) -> Iterator[list[ModuleType]]:
    """Import modules of a bundle by their plain names, as its scripts do, and forget them again."""
    known, written = set(sys.modules), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    try:
        yield [importlib.import_module(name) for name in names]
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = written
        for name in set(sys.modules) - known:
            if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


def analysed(bundle: Bundle, xsec_fb: float = 1.44) -> dict[str, Any]:
    """Run analyse and merge on the sample; return the documents of merge by name."""
    point = {"point": POINT, "notes": []}
    rate = {"xsec_fb": xsec_fb, "uncertainty_fb": None, "source": "test"}
    for name, document in (("point", point), ("rate", rate)):
        (bundle.work / f"{name}.json").write_text(json.dumps(document))
    counts, folder = bundle.work / "counts.json", bundle.work / "merged"
    files = ("--point", bundle.work / "point.json", "--rate", bundle.work / "rate.json")
    for answer in (
        bundle.script("analyse", "--events", SAMPLE, "--output", counts),
        bundle.script(
            "merge", *files, "--backgrounds", bundle.files / "backgrounds.json", "--folder", folder, "--counts", counts
        ),
    ):
        assert answer.code == 0, answer.err
    return {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}


def answered(bundle: Bundle, *searches: str, signal: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Run fit and limit on what merge left, or on a signal; return the documents `limit` and `regions`."""
    place = bundle.work / "merged/signal.json"
    if signal is not None:
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps(signal))
    fits = []
    for search in searches:
        fits.append(bundle.work / f"fit_{search}.json")
        found = bundle.script(
            "fit", "--search", search, "--workspaces", *sorted(bundle.files.glob("simplified_*.json")),
            "--backgrounds", bundle.files / "backgrounds.json", "--signal", place,
            "--output", fits[-1], "--patch", bundle.work / f"patch_{search}.json",
        )  # fmt: skip
        assert found.code == 0, found.err
    made = ("--limit", bundle.work / "limit.json", "--table", bundle.work / "regions.json")
    answer = bundle.script("limit", "--signal", place, *made, "--fits", *fits)
    assert answer.code == 0, answer.err
    return {name: json.loads((bundle.work / f"{name}.json").read_text()) for name in ("limit", "regions")}
