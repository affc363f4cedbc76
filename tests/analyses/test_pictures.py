"""What is drawn together: slices apart, limits without a verdict as limits, and no line where nothing carries it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib as mpl
import pytest

from tests.analyses.squarks import scripts
from tests.conftest import ROOT

ENTRIES = (
    "atlas-exot-2018-dilepton", "atlas-susy-2018-22", "atlas-susy-2018-31", "atlas-susy-2019-08", "cms-exo-20-004",
    "cms-sus-20-004",
)  # fmt: skip
OF_LIMITS = ("atlas-susy-2018-31", "atlas-susy-2019-08", "cms-exo-20-004", "cms-sus-20-004")
NAMES = {"atlas-exot-2018-dilepton": "ATLAS-EXOT-2018-08 (dileptons)"}


def files(analysis: str) -> Path:
    return ROOT / "specs" / analysis / "1.0.0/files"


def look(analysis: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(next(files(analysis).rglob("figure.json")).read_text())
    return found


@pytest.fixture(autouse=True)
def _settings_of_others() -> Iterator[None]:
    with mpl.rc_context():
        yield


@pytest.fixture
def plot() -> Iterator[ModuleType]:
    with scripts(files("cms-sus-20-004") / "scripts", "plot") as (module,):
        yield module


def limit(name: str, cls: float | None = 0.02, **point: Any) -> dict[str, Any]:
    band = [0.1, 0.2, 0.3, 0.5, 0.9]
    return {
        "point": {"name": name, **point}, "cls_obs": cls, "cls_exp": None if cls is None else band,
        "xsec_ul_obs_fb": 0.4, "xsec_ul_exp_fb": band, "notes": [],
    }  # fmt: skip


def sbottom(mass: int, heavy: int, light: int) -> dict[str, Any]:
    return limit(
        f"{mass}_{heavy}_{light}", m_sbottom_gev=mass, m_neutralino2_gev=heavy, m_neutralino1_gev=light, xsec_fb=1.0
    )


def test_slices_are_panels_of_their_own(plot: ModuleType) -> None:
    limits = [
        sbottom(1300, 205, 60),
        sbottom(1400, 950, 60),
        sbottom(900, 830, 700),
        sbottom(700, 680, 550),
        limit("x"),
    ]
    found = [(kind, [one["point"]["name"] for one in chosen]) for kind, _, chosen in
             plot.panels(limits, look("atlas-susy-2018-31")["figures"])]  # fmt: skip
    assert found[:2] == [("plane", ["1300_205_60", "1400_950_60"]), ("plane", ["900_830_700", "700_680_550"])]
    assert {name for _, names in found[2:] for name in names} == {"x"}


def mediator(mass: int, dark: int, **more: Any) -> dict[str, Any]:
    return limit(f"{mass}_{dark}", model="TRV1", m_mediator_gev=mass, m_dark_matter_gev=dark, **more)


def test_a_line_is_of_one_mass_of_the_other_particle(plot: ModuleType) -> None:
    figures = look("cms-exo-20-004")["figures"]
    ((kind, figure, _),) = plot.panels([mediator(mass, 1) for mass in (500, 1000, 1500)], figures)
    assert kind == "line"
    assert "m(\\chi)$ = 1 GeV" in figure["process"]
    mixed = [mediator(500, 1), mediator(1000, 1), mediator(1500, 300)]
    assert [kind for kind, _, _ in plot.panels(mixed, figures)] == ["plane"]


def test_signals_without_a_verdict_are_drawn_as_limits(plot: ModuleType) -> None:
    figures = look("cms-exo-20-004")["figures"]
    found = plot.panels([mediator(500, 1, cls=None), mediator(1000, 1, cls=None)], figures)
    assert [kind for kind, _, _ in found] == ["limits"]
    assert "no verdict" in found[0][1]["process"]


@pytest.mark.parametrize("analysis", ENTRIES)
def test_a_picture_says_whose_search_it_is_and_what_holds(analysis: str) -> None:
    found = look(analysis)
    assert found["analysis"] == NAMES.get(analysis, analysis.upper())
    assert found["sqrts_tev"] == 13
    assert found["luminosity_inv_fb"] in (137, 139)
    assert "ikelihood" in found["likelihood"]
    assert all(figure["process"] for figure in found["figures"])
    assert all("step_gev" in figure for figure in found["figures"] if "y" in figure)


@pytest.mark.parametrize("analysis", OF_LIMITS)
def test_the_words_around_a_picture(plot: ModuleType, analysis: str, tmp_path: Path) -> None:
    """Title with energy and luminosity, the convention of what is expected, what is not validated, why no line."""
    limits = [mediator(500, 1), mediator(1000, 150), {**limit("own"), "notes": ["not validated: for a test"]}]
    shown = plot.panels(limits, look("cms-exo-20-004")["figures"])
    words = " ".join(plot.words_below(limits, [], shown))
    assert words.startswith("Not validated: for a test. No line of exclusion: it needs several neighbouring points")
    canvas, _ = plot.style.canvas(1, 9.0)
    plot.style.around(canvas, look(analysis))
    title, below = canvas._suptitle.get_text(), canvas._supxlabel.get_text().replace("\n", " ")
    assert title.startswith(f"RECAST of {look(analysis)['analysis']}")
    assert "= 13 TeV" in title
    assert "Expected: background only, nuisances and auxiliary data at the fit to data." in below


@pytest.fixture
def bins() -> Iterator[ModuleType]:
    with scripts(files("cms-sus-20-004") / "scripts", "bins") as (module,):
        yield module


def test_the_signal_whose_bins_are_drawn_is_chosen_by_expectation(bins: ModuleType) -> None:
    near, far = limit("near", cls=0.9), limit("far", cls=0.05)
    near["cls_exp"], far["cls_exp"] = [0.0, 0.0, 0.06, 1.0, 1.0], [0.0, 0.0, 0.5, 1.0, 1.0]
    assert bins.chosen([far, near]) is near
    without = [{**limit("a", cls=None), "xsec_ul_exp_fb": [1.0] * 5}, limit("b", cls=None)]
    assert bins.chosen(without)["point"]["name"] == "b"


def test_a_signal_without_a_cross_section_is_drawn_at_its_limit(bins: ModuleType) -> None:
    rows = [{"region": "SR1", "observed": 0, "background": 0.2, "signal": 100.0}]
    found, words = bins.rows_of(
        limit("a", cls=None), [{"point": {"name": "a", "signal_for_fb": 1000.0}, "regions": rows}]
    )
    assert found[0]["signal"] == pytest.approx(0.04)
    assert words == "at its observed upper limit, 0.4 fb"


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 1.84), (1, 0.83, 2.30), (9, 2.94, 4.11)])
def test_errors_of_counts_are_those_of_a_poisson_mean(bins: ModuleType, count: int, low: float, high: float) -> None:
    """The exact central intervals of 68.3% (Garwood)."""
    assert bins.poisson_errors(count) == pytest.approx((low, high), abs=0.02)


def test_zero_counts_and_what_is_off_the_scale_are_marked(bins: ModuleType, tmp_path: Path) -> None:
    rows = [
        {"region": "SR1", "observed": 0, "background": 0.2, "background_error": 0.1, "signal": 1.0},
        {"region": "SR2", "observed": 40, "background": 0.5, "background_error": 0.1, "signal": 1.0},
    ]
    shown: list[Any] = []
    bins.style.save, before = lambda figure, _: shown.append(figure), bins.style.save
    try:
        bins.draw(rows, look("cms-sus-20-004"), "two bins", "cross section of 1 fb", [])
    finally:
        bins.style.save = before
    upper, lower = shown[0].axes
    assert "No event observed" in [text.get_text() for text in upper.get_legend().get_texts()]
    assert [text.get_text().strip() for text in lower.texts] == ["55"]


@pytest.fixture
def squark_plot() -> Iterator[ModuleType]:
    with scripts(files("atlas-susy-2018-22") / "scripts", "plot") as (module,):
        yield module


def test_the_bins_are_those_of_the_search_that_decides(squark_plot: ModuleType) -> None:
    """Ten single-bin regions were drawn, whatever decided."""
    yields = {
        "regions": [{"region": name} for name in ("SR-2j-1600", "MB-SSd/SR_2_1000_10_cuts", "MB-C/SR_5_1600_16_cuts")]
    }
    labels = {
        region: [row["label"] for row in squark_plot.rows_of(yields, region)] for region in ("MB-SSd", "SR-6j-3400")
    }
    assert labels == {"MB-SSd": ["1000 | 10"], "SR-6j-3400": ["SR-2j-1600"]}


def test_the_drawn_bins_of_the_spectra_are_those_that_are_fitted() -> None:
    fit = (files("atlas-exot-2018-dilepton") / "scripts/fit.py").read_text()
    fitted = look("atlas-exot-2018-dilepton")["fitted"]
    for name, key in (("WINDOW", "window"), ("BACKGROUND_ERROR", "background_error")):
        (value,) = re.findall(rf"^{name} = ([0-9.]+)", fit, re.MULTILINE)
        assert float(value) == fitted[key]


def test_legends_stay_in_their_panels(squark_plot: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of a point whose cross section has a long source ran out of the picture."""
    drawn: list[Any] = []
    monkeypatch.setattr(squark_plot.style, "save", lambda canvas, _: drawn.append(canvas))
    source = "LHC SUSY cross section group, NNLOapprox+NNLL, 13 TeV (pp13_glgl)"
    point = {"process": "gluino", "m_gluino_gev": 2200.0, "m_neutralino_gev": 600.0, "region": "MB-GGd"}
    found = {**limit("", **point, xsec_fb=0.36), "undecided": "more events", "notes": []}
    rate = {"xsec_fb": 0.36, "uncertainty_fb": 0.1, "source": source}
    squark_plot.draw_limit(found, rate, look("atlas-susy-2018-22"), tmp_path / "limit")
    (canvas,) = drawn
    canvas.canvas.draw()
    for axes in canvas.axes:
        panel, words = axes.get_window_extent(), axes.get_legend().get_window_extent()
        assert panel.x0 <= words.x0 and words.x1 <= panel.x1, axes.get_title("left")
    shown = " ".join(text.get_text() for text in canvas.findobj(lambda it: hasattr(it, "get_text")))
    assert source in shown.replace("\n", " ")
