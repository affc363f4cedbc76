"""Whatever the numbers and texts of results are, a chart is drawn, well-formed, and without numbers that are none."""

from __future__ import annotations

import math
import re
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from recast.charts import Figure, Spot, cutflow_of, limits_of, plane_of, point_of, regions_of, standalone, svg
from recast.charts.model import Axis
from recast.charts.scale import scale_of
from recast.charts.table import as_csv, as_json
from recast.charts.ticks import ticks_of

ANY = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(-(10**400), 10**400), st.floats(1e-9, 1e3), st.just("0.5"),
    st.sampled_from([0.0, -0.0, 1e-320, 1e308, -1e308, 1e100, 5e-324, 0.05]),
)  # fmt: skip
TEXT = st.text(max_size=200)
FIVE = st.one_of(st.none(), st.lists(ANY, max_size=6), st.lists(st.floats(0, 1), min_size=5, max_size=5), ANY)
LIMIT = st.fixed_dictionaries(
    {},
    optional={
        "cls_obs": ANY, "cls_exp": FIVE, "mu_ul_obs": ANY, "mu_ul_exp": FIVE, "xsec_ul_obs_fb": ANY,
        "xsec_ul_exp_fb": FIVE, "excluded": ANY, "undecided": st.one_of(st.none(), TEXT), "toys": ANY,
        "point": st.one_of(ANY, st.fixed_dictionaries({"xsec_fb": ANY})),
    },
)  # fmt: skip
SPOTS = st.lists(
    st.builds(
        Spot,
        coordinates=st.fixed_dictionaries({}, optional={"m_a_gev": ANY, "b": ANY}),
        limit=st.one_of(st.none(), LIMIT),
        reason=TEXT,
        words=TEXT,
        href=TEXT,
    ),
    max_size=12,
)
BAD = re.compile(r"\b(nan|inf|infinity)\b", re.IGNORECASE)


def judge(figure: Figure) -> None:
    for text in (svg(figure, id="c"), standalone(figure)):
        for node in ET.fromstring(text).iter():
            for key, value in node.attrib.items():
                if key in (
                    "d",
                    "x",
                    "y",
                    "width",
                    "height",
                    "viewBox",
                    "data-points",
                    "data-x",
                    "data-y",
                    "data-box",
                    "transform",
                ):
                    assert not BAD.search(value), (key, value)
        assert len(text) < 300_000
    as_csv(figure.table)
    assert not any(isinstance(it, float) and not math.isfinite(it) for row in as_json(figure)["rows"] for it in row)


@settings(max_examples=40, deadline=None)
@given(SPOTS, TEXT, st.sampled_from([(None, None), (1.0, 1.0)]))
def test_planes(spots: list[Spot], text: str, step: Any) -> None:
    judge(plane_of(spots, ("m_a_gev", "b"), labels={"b": text}, held=text, step=step, title=text, notes=[text]))


@settings(max_examples=40, deadline=None)
@given(SPOTS, st.sampled_from([None, "cls", "mu", "xsec"]))
def test_limits_and_points(spots: list[Spot], quantity: Any) -> None:
    judge(limits_of(spots, "m_a_gev", quantity=quantity, others={"x": spots[:3]}))
    judge(point_of(spots))


def test_a_part_of_a_toy_is_none() -> None:
    """Three divided by it was infinite."""
    judge(point_of([Spot({}, {"cls_obs": 0.0, "toys": 1e-320})]))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            ANY,
            st.fixed_dictionaries(
                {"region": st.one_of(TEXT, ANY)},
                optional=dict.fromkeys(("observed", "background", "background_error", "signal", "signal_error"), ANY),
            ),
        ),
        max_size=10,
    ),
    TEXT,
)
def test_regions(rows: list[Any], text: str) -> None:
    judge(regions_of({"regions": rows}, signal=text, caption=text))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.fixed_dictionaries({"name": TEXT, "events": ANY}, optional={"error": ANY, "raw": ANY}), max_size=10))
def test_cutflows(steps: list[Any]) -> None:
    judge(cutflow_of({"steps": steps, "region": "x"}))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-1e100, 1e100), max_size=6),
    st.sampled_from(["linear", "log"]),
    st.one_of(st.none(), st.floats(-1e100, 1e100)),
    st.one_of(st.none(), st.floats(-1e100, 1e100)),
)
def test_an_axis_shows_its_numbers_and_has_few_ticks(values: list[float], scale: Any, low: Any, high: Any) -> None:
    found = scale_of(Axis("x", scale=scale, low=low, high=high), values).at(0.0, 540.0)
    assert math.isfinite(found.low) and math.isfinite(found.high) and found.low < found.high
    if low is None and high is None:
        assert all(found.is_inside(it) for it in values if scale == "linear" or it > 1e-90)
    ticks = ticks_of(found, 60.0)
    assert len(ticks.major) <= 30 and len(ticks.minor) <= 300
    assert all(len(text) <= 24 for _, text in ticks.major)
