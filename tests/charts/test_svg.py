"""A chart as SVG: well-formed, harmless, with its numbers, small and soon there."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from recast.charts import Figure, Spot, plane_of, regions_of, standalone, svg
from recast.charts.model import KINDS, Axis, Line, Mark, Marks, Panel
from recast.charts.paint import classes, colours
from recast.charts.raster import pictures
from recast.charts.style import AREAS, LINES, MARKS, stylesheet
from recast.charts.told import address
from recast.charts.words import runs, unmarked
from recast.json_types import is_finite
from tests.charts.real import AXES, figures, plane_spots
from tests.conftest import ROOT

SPACE = "{http://www.w3.org/2000/svg}"
FIGURES = figures()


def numbers_in(text: str) -> set[float]:
    """The numbers that scripts and readers find in a chart."""
    root = ET.fromstring(text)
    said = " ".join(" ".join((it.get("data-points") or "", it.get("aria-label") or "")) for it in root.iter())
    return {float(it) for it in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", said.replace(";", " "))}


@pytest.mark.parametrize("name", FIGURES)
def test_a_chart_is_well_formed_and_has_neither_style_nor_script(name: str) -> None:
    text = svg(FIGURES[name], id=f"c-{name}")
    root = ET.fromstring(text)
    tags = {it.tag.removeprefix(SPACE) for it in root.iter()}
    assert not tags & {"style", "script", "foreignObject", "image", "use"}
    assert not any(key == "style" or key.startswith("on") or "nan" in value.lower().split() or "inf" in value.split()
                   for it in root.iter() for key, value in it.attrib.items())  # fmt: skip
    assert not re.search(r'="#[0-9a-f]{3}', text.replace('href="#', ""))  # no colour: the stylesheet has them
    ids = [it.get("id") for it in root.iter() if it.get("id")]
    assert len(ids) == len(set(ids)) and all(str(it).startswith(f"c-{name}") for it in ids)
    assert root.get("role") in ("img", "graphics-document")
    assert [it.text for it in root if it.tag == f"{SPACE}title"] == [FIGURES[name].title]


@pytest.mark.parametrize("name", FIGURES)
def test_every_number_of_the_table_is_in_the_chart(name: str) -> None:
    figure = FIGURES[name]
    found = numbers_in(svg(figure, id="c"))
    wanted = {float(f"{it:.6g}") for row in figure.table.rows for it in row if isinstance(it, (int, float))}
    assert wanted - found == set()


@pytest.mark.parametrize("name", FIGURES)
def test_a_file_has_its_colours_title_and_notes_in_it(name: str) -> None:
    text = standalone(FIGURES[name])
    root = ET.fromstring(text)
    assert "class=" not in text and "style=" not in text and "data-" not in text
    words = " ".join("".join(it.itertext()) for it in root.iter(f"{SPACE}text"))
    assert FIGURES[name].title in words
    assert all(note.split(":")[0] in words for note in FIGURES[name].notes)


def test_marks_can_be_reached_by_keyboard_when_they_are_few() -> None:
    spots = [Spot(s.coordinates, s.limit, words=s.words, href=f"/points/{n}") for n, s in enumerate(plane_spots()[:4])]
    root = ET.fromstring(svg(plane_of([*spots, Spot({"m_chargino_gev": 1, "m_neutralino_gev": 2})], AXES), id="c"))
    links = list(root.iter(f"{SPACE}a"))
    assert [it.get("href") for it in links] == [f"/points/{n}" for n in range(4)]
    assert str(links[0].get("aria-label")).startswith(
        "m(chargino) [GeV] = 150, m(neutralino) [GeV] = 0. Point, excluded."
    )
    assert [it.get("tabindex") for it in root.iter() if it.get("class") == "stop" and it.tag == f"{SPACE}g"] == ["0"]
    assert root.get("role") == "graphics-document"
    assert not list(ET.fromstring(svg(plane_of(plane_spots(), AXES), id="c")).iter(f"{SPACE}a"))


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "//other.host/", "data:text/html,x", " /x", "/a b", "/a\n", "JAVASCRIPT:x", ""]
)
def test_no_mark_leads_where_it_must_not(href: str) -> None:
    assert address(href) == ""


def test_what_strangers_wrote_is_escaped_visible_and_bounded() -> None:
    evil = '</text><script>alert("1")</script>\u202e\x1b[31m' + "x" * 5000
    regions = {"regions": [{"region": evil, "observed": 1, "background": 2.0, "signal": 1.0}]}
    spots = [Spot({"a": 1, "b": 2}, reason=evil, words=evil, href=evil)]
    for figure in (
        regions_of(regions, title=evil, signal=evil, caption=evil, notes=[evil]),
        plane_of(spots, ("a", "b"), labels={"a": evil, "b": '"<&'}, held=evil, title=evil, notes=[evil]),
    ):
        for text in (svg(figure, id="c"), standalone(figure)):
            root = ET.fromstring(text)
            assert f"{SPACE}script" not in {it.tag for it in root.iter()}
            assert "\x1b" not in text and "\u202e" not in text and len(text) < 40_000


def test_a_plane_of_650_points_is_small_and_soon_there() -> None:
    spots = [
        Spot({"m_a_gev": 200 + 40 * (n % 26), "m_b_gev": 30 * (n // 26)},
             {"cls_obs": 0.001 if n % 26 < 12 else 0.4, "cls_exp": [0.001, 0.01, 0.03 * (n % 26), 0.7, 0.9]})
        for n in range(650)
    ]  # fmt: skip
    taken = []
    for _ in range(5):
        start = time.process_time()
        text = svg(plane_of(spots, ("m_a_gev", "m_b_gev")), id="c")
        taken.append(time.process_time() - start)
    assert len(text.encode()) <= 60_000
    assert min(taken) <= 0.5  # the bar of 0.1 s is the benchmark's; this one holds on any machine


def test_indices_and_powers_are_the_only_marks() -> None:
    assert list(runs("CL_{s} 10^{−3} a_b {x} _{<b>}")) == [
        ("CL", ""), ("s", "_"), (" 10", ""), ("−3", "^"), (" a_b {x} _{<b>}", ""),
    ]  # fmt: skip
    assert unmarked("CL_{s} 10^{−3}") == "CLs 10^−3"


def test_every_kind_has_a_look_and_the_stylesheet_has_every_look() -> None:
    drawn = {*LINES, *AREAS, *MARKS}
    assert set(KINDS) <= drawn | {"axis"}
    style = (ROOT / "recast/service/pages/static/style.css").read_text()
    assert stylesheet() in style, "write the block of charts again: recast.charts.style.stylesheet()"
    assert classes("line", "expected") == ' class="line expected"' and "stroke-dasharray" in colours("line", "expected")


def test_the_script_of_charts_is_small() -> None:
    assert len((ROOT / "recast/service/pages/static/charts.js").read_bytes()) <= 8192


def test_a_gap_is_a_gap_and_what_is_off_the_scale_is_at_its_edge() -> None:
    points = ((1.0, 1.0), (2.0, float("nan")), (3.0, 1.0), (4.0, 2.0))
    marks = Marks("data", (Mark(1.0, 50.0), Mark(2.0, 1.0), Mark(3.0, -50.0)))
    panel = Panel(Axis("x"), Axis("y", low=0.0, high=2.0), (Line("observed", points), marks))
    text = svg(Figure("t", (panel,)), id="c")
    assert re.search(r'class="line observed" d="M[\d. ]+L[\d. ]+M', text)
    assert 'class="mark above"' in text and 'class="mark below"' in text


@pytest.mark.parametrize("name", ["plane", "regions", "limits-cls"])
def test_pictures_are_png_and_pdf_and_the_same_each_time(name: str, tmp_path: Path) -> None:
    png, pdf = pictures(FIGURES[name], ("png", "pdf"))
    assert png.startswith(b"\x89PNG") and pdf.startswith(b"%PDF") and len(png) > 20_000
    assert [png, pdf] == pictures(FIGURES[name], ("png", "pdf"))


def test_a_picture_of_letters_that_no_font_has_is_made() -> None:
    odd: dict[str, Any] = {"region": "区域 $x^{2}$ \\frac", "observed": 1, "background": 1.0}
    figure = regions_of({"regions": [odd]}, title="$\\undefined{ 10^{2} 漢", notes=["a $ sign _{1} $"])
    assert pictures(figure, ("png",))[0].startswith(b"\x89PNG")


def test_numbers_are_finite_in_the_data_of_every_chart() -> None:
    for figure in FIGURES.values():
        assert all(map(is_finite, numbers_in(svg(figure, id="c"))))
