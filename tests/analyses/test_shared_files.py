"""Bundles stand alone, so what several of them need lies in each: the copies must be the same."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import yaml

from recast.catalogue.entries.entry import load_entry
from tests.conftest import ROOT
from tests.newest import newest_spec

COUNTS = ("cms-sus-20-004", "cms-exo-20-004")
GENERATED = ("atlas-susy-2018-22", "atlas-exot-2018-dilepton")
PYHF = ("atlas-susy-2018-31", "atlas-susy-2019-08")
SHARED = {
    "asymptotics.py": (*PYHF, *COUNTS),
    **dict.fromkeys(("contours.py", "figures.py", "slices.py", "style.py"), (*PYHF, *COUNTS, *GENERATED)),
    "bins.py": (*PYHF, *COUNTS, *GENERATED),
    **dict.fromkeys(("patches.py", "pyhf_profile.py"), PYHF),
    "plausible.py": ("atlas-susy-2018-22", *PYHF, *COUNTS),
    "undecided.py": ("atlas-susy-2018-22", "atlas-exot-2018-dilepton", *PYHF, *COUNTS),
    **dict.fromkeys(("counts.py", "maps.py", "prepare.py", "fit.py", "gather.py", "plot.py"), COUNTS),
}


def scripts(analysis: str) -> Path:
    return newest_spec(analysis) / "files/scripts"


@pytest.mark.parametrize("name", SHARED)
def test_copies_of_a_module_are_the_same(name: str) -> None:
    copies = [copy for one in SHARED[name] for copy in (ROOT / "specs" / one).glob(f"*/files/scripts/{name}")]
    assert len(copies) >= len(SHARED[name]) and len({copy.read_bytes() for copy in copies}) == 1


def test_the_picture_of_exclusion_is_drawn_by_one_program() -> None:
    assert (scripts(PYHF[0]) / "exclusion.py").read_bytes() == (scripts(PYHF[1]) / "plot.py").read_bytes()
    assert (scripts(COUNTS[0]) / "plot.py").read_bytes() == (scripts(PYHF[1]) / "plot.py").read_bytes()


@pytest.mark.parametrize("analysis", [*PYHF, *COUNTS])
def test_all_take_the_same_image(analysis: str) -> None:
    recipes = [newest_spec(name) / "images/pyhf-fit" for name in (analysis, PYHF[0])]
    ours, first = ({file.name: file.read_bytes() for file in recipe.iterdir()} for recipe in recipes)
    assert ours == first


@pytest.mark.parametrize("analysis", [*PYHF, *COUNTS])
def test_an_entry_says_where_it_holds_what_it_costs_and_what_it_reproduces(analysis: str) -> None:
    entry = load_entry(ROOT / "catalogue" / f"{analysis}.yml").entry
    version = entry.version(newest_spec(analysis).name)
    assert entry.references.arxiv
    assert entry.references.inspire
    assert entry.authority == "community"
    assert version.cost
    assert len(version.validity) >= 4
    assert "demo" in version.examples
    assert len(version.examples) >= 3
    assert {item.type for item in version.results} >= {"limit", "yields", "plot"}
    assert all(item.source for item in version.validation)


@pytest.mark.parametrize("analysis", [PYHF[1], *COUNTS])
def test_every_data_file_has_a_source_and_a_licence(analysis: str) -> None:
    folder = newest_spec(analysis) / "files"
    sources = yaml.safe_load((folder / "SOURCES.yml").read_text())
    named = {name.strip() for names in sources for name in names.split(",")}
    assert all(source["licence"] for source in sources.values())
    assert {f"data/{file.name}" for file in (folder / "data").iterdir()} <= named
    for name, source in sources.items():
        if "sha256" in source:
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == source["sha256"]


@pytest.mark.parametrize("analysis", COUNTS)
def test_tables_and_maps_name_the_same_regions(analysis: str) -> None:
    data = ROOT / "specs" / analysis / "1.0.0/files/data"
    table = json.loads((data / "table.json").read_text())
    regions = [region["name"] for region in table["regions"]]
    schema = json.loads((data.parents[1] / "inputs.schema.json").read_text())
    assert list(schema["properties"]["yields"]["properties"]) == regions
    assert [len(row) for row in table["covariance"]] == [len(regions)] * len(regions)
    for model in json.loads((data / "maps.json").read_text())["models"].values():
        assert list(model["efficiencies"]) == regions
        assert {len(row) for row in model["efficiencies"].values()} == {len(model["points"])}
