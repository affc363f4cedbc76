"""`recast results --plots` draws what a run answered: planes, limits, regions, cutflows, with or without matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recast.operations import plots
from recast.operations.plots import draw_results
from tests.charts.real import cutflow, plane_spots, read


def document(*results: dict[str, Any]) -> dict[str, Any]:
    return {"analysis": "nobody-1", "version": "1.0.0", "results": list(results)}


def limits(count: int | None = None) -> list[dict[str, Any]]:
    more = {"name": "limit", "mu_ul_obs": None, "mu_ul_exp": None, "verdict": "", "expected_convention": "fitted"}
    return [{**spot.limit, **more} for spot in plane_spots()[:count] if spot.limit]


@pytest.fixture(autouse=True)
def _at_home(home: Path) -> None:
    """Versions are looked for in a catalogue of its own."""


def test_a_plane_is_drawn_with_its_contour(tmp_path: Path) -> None:
    paths = draw_results(document(*limits()), tmp_path)
    assert [path.name for path in paths] == ["chart-limit.svg", "chart-limit.png", "chart-limit.pdf"]
    text = paths[0].read_text()
    assert "Observed" in text and "Expected ±1 σ" in text and "nobody-1@1.0.0" in text


def test_one_limit_is_a_point(tmp_path: Path) -> None:
    draw_results(document(*limits(1)), tmp_path)
    assert "C1N2_Wh_hbb_150_0" in (tmp_path / "chart-limit.svg").read_text()


def test_yields_and_cutflows_are_drawn_one_by_one_and_not_too_many(tmp_path: Path) -> None:
    yields = {**read("atlas-susy-2018-22", "yields.json"), "name": "yields", "type": "yields"}
    cuts = {**cutflow("SR-2j-1600"), "name": "cutflow"}
    said: list[str] = []
    draw_results(document(yields, *[cuts] * 8), tmp_path, said.append)
    names = sorted(path.name for path in tmp_path.glob("*.svg"))
    assert names == [*(f"chart-cutflow-{n}.svg" for n in range(1, 7)), "chart-yields.svg"]
    assert said == ["cutflow: 8 results, of which the first 6 are drawn"]


def test_without_matplotlib_there_is_svg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> Any:
        raise ImportError

    monkeypatch.setattr(plots, "pictures", missing)
    monkeypatch.setattr("recast.charts.kinds.placed.lines_by_name", missing)
    assert [path.name for path in draw_results(document(*limits()), tmp_path)] == ["chart-limit.svg"]
    assert "needs matplotlib" in (tmp_path / "chart-limit.svg").read_text()
