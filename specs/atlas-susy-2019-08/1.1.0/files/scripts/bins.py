"""The bins of the search that decides: data, background with its uncertainty, the signal on top, and pulls.

Of several signals the one nearest to the line of exclusion is drawn, by what is expected and never by the data. One
without a cross section is drawn at its observed upper limit. Zero counts are marked. The same numbers give the same
bytes. The same file lies in every bundle that draws bins (a test compares them).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import style
from style import FIELD, RED

__all__ = ["draw", "draw_one", "poisson_errors"]

NUMBERED = re.compile(r"\[(\d+)\]")  # a bin of a channel, counted from 0
HIGHEST = 8.0  # of the lower panel; what is above is an arrow with its number
FAINT = "#777777"  # error bars of bins without an event: there may be many
LONG = 6  # letters of a label that is turned
MANY = 30  # labels that can no longer be read beside one another

BEFORE = "Bins before any fit; their uncertainties are correlated, which the fit knows and the picture does not show."

Row = Mapping[str, Any]


def poisson_errors(count: float) -> tuple[float, float]:
    """Return how far a 68% interval of a Poisson mean reaches below and above a count (Wilson-Hilferty, within 2 %)."""
    more = count + 1.0
    up = more * (1.0 - 1.0 / (9.0 * more) + 1.0 / (3.0 * math.sqrt(more))) ** 3 - count
    if count <= 0.0:
        return 0.0, up
    return count - count * (1.0 - 1.0 / (9.0 * count) - 1.0 / (3.0 * math.sqrt(count))) ** 3, up


def chosen(limits: Sequence[Row]) -> Row:
    """Return the limit whose expected CLs is nearest to 0.05; without CLs that of the lowest expected bound."""
    tested = [limit for limit in limits if limit.get("cls_exp")]
    if tested:
        return min(tested, key=lambda limit: abs(math.log(max(limit["cls_exp"][2], 1e-12) / style.ALPHA)))
    return min(limits, key=lambda limit: limit["xsec_ul_exp_fb"][2])


def rows_of(limit: Row, yields: Sequence[Row]) -> tuple[list[Row], str]:
    """Return the bins of a limit's signal and region, and in words what the signal is drawn at."""
    point = limit["point"]
    names = (point.get("name"), f"Region{point.get('region')}/{point.get('name')}")
    found = next(one for one in yields if one["point"].get("name") in names)
    if "xsec_fb" in point:
        return list(found["regions"]), f"cross section of {style.short_xsec(point['xsec_fb'])} fb"
    unit = found["point"].get("signal_for_fb")
    if unit is None or limit.get("xsec_ul_obs_fb") is None:
        return list(found["regions"]), "as many events as were handed in"
    scale = limit["xsec_ul_obs_fb"] / unit
    scaled = [{**row, "signal": row["signal"] * scale} for row in found["regions"]]
    return scaled, f"at its observed upper limit, {style.short_xsec(limit['xsec_ul_obs_fb'])} fb"


def labels_of(rows: Sequence[Row], groups: Sequence[Sequence[str]]) -> tuple[list[str], list[tuple[str, int, int]]]:
    """Return what stands below each bin, and (words, first, last) of bins whose names begin in the same way."""
    labels, spans = [], []
    for index, row in enumerate(rows):
        name = row["region"]
        prefix, words = next(((p, w) for p, w in groups if name.startswith(p)), ("", ""))
        rest = NUMBERED.sub(lambda found: str(int(found[1]) + 1), name.removeprefix(prefix).replace("_", " "))
        labels.append(str(row.get("label", rest)))
        if words and spans and spans[-1][0] == words:
            spans[-1] = words, spans[-1][1], index
        elif words:
            spans.append((words, index, index))
    return labels, spans


def draw(
    rows: Sequence[Row], look: Row, title: str, words: str, files: Sequence[Path], others: Sequence[str] = ()
) -> None:
    """Write the figure to each file. `look` may say in `bins` which groups there are, and what is below the axis.

    `words` say what the signal is drawn at, `others` what else stands below.
    """
    told = look.get("bins", {})
    labels, spans = labels_of(rows, told.get("groups", []))
    canvas, (upper, lower) = style.stacked(max(9.0, min(16.0, len(rows) / 3.2 + 4.0)))
    events(upper, rows, words)
    pulls(lower, rows)
    for words_of, first, last in spans:
        upper.text((first + last) / 2, 1.02, words_of, transform=upper.get_xaxis_transform(), ha="center", size=10)
        for axes in (upper, lower):
            axes.axvline(last + 0.5, color="#666666", linewidth=0.8, zorder=1)
    kept = readable(labels)
    turned = {"rotation": 55, "ha": "right", "rotation_mode": "anchor"} if max(map(len, labels)) > LONG else {}
    lower.set_xticks(kept, [labels[i] for i in kept], size=10, **turned)
    lower.tick_params(axis="x", which="minor", length=0)
    lower.set_xlabel(told.get("x", "Bin"))
    upper.set_title(title, loc="left", fontsize=12, pad=22 if spans else 6)
    style.around(canvas, look, [*others, told.get("caution", BEFORE)])
    style.save(canvas, files)


def events(axes: Any, rows: Sequence[Row], words: str) -> None:
    """Draw background, its uncertainty, background and signal, and data with their Poisson errors."""
    x = range(len(rows))
    background = [row["background"] for row in rows]
    total = [row["background"] + row["signal"] for row in rows]
    axes.bar(x, background, width=1.0, color=FIELD, label="Background")
    errors = [row.get("background_error") for row in rows]
    if any(errors):
        low = [b - (e or 0.0) for b, e in zip(background, errors)]
        axes.bar(x, [2 * (e or 0.0) for e in errors], bottom=low, width=1.0, color="none", hatch="////",
                 edgecolor="#333333", linewidth=0.0, label="Uncertainty of the background")  # fmt: skip
    edges = [i - 0.5 for i in range(len(rows) + 1)]
    axes.stairs(total, edges, color=RED, linewidth=2.0, label=f"Background + signal ({words})")
    least = min([b for b in background if b > 0.0] + [0.4 for row in rows if row["observed"] <= 0], default=1.0)
    floor = 10.0 ** math.floor(math.log10(max(0.02, 0.3 * least)))
    data(axes, rows, floor)
    axes.set_yscale("log")
    most = max([*total, *(row["observed"] + poisson_errors(row["observed"])[1] for row in rows)])
    axes.set_ylim(floor, most * (most / floor) ** 0.4)
    axes.set_xlim(-0.5, len(rows) - 0.5)
    axes.set_ylabel("Events")
    axes.legend(loc="upper right", ncols=1)


def data(axes: Any, rows: Sequence[Row], floor: float) -> None:
    """Draw the observed events; a bin without any is an open triangle at the lower edge, its error reaches up."""
    seen = [(i, row["observed"]) for i, row in enumerate(rows) if row["observed"] > 0]
    if seen:
        errors = list(zip(*(poisson_errors(count) for _, count in seen)))
        axes.errorbar(*zip(*seen), yerr=errors, fmt="o", color="black", markersize=5, label="Data", zorder=4)
    empty = [i for i, row in enumerate(rows) if row["observed"] <= 0]
    if empty:
        up = [poisson_errors(0.0)[1] - floor] * len(empty)
        look = {"fmt": "v", "color": FAINT, "mfc": "white", "mec": "black", "markersize": 8, "elinewidth": 0.9}
        errors = [[0.0] * len(empty), up]
        axes.errorbar(empty, [floor * 1.25] * len(empty), yerr=errors, label="No event observed", zorder=4, **look)


def pulls(axes: Any, rows: Sequence[Row]) -> None:
    """Draw data and signal in units of what the background alone may scatter by: which bins decide."""
    scatter = [math.sqrt(row["background"] + (row.get("background_error") or 0.0) ** 2) for row in rows]
    measured = [(row["observed"] - row["background"]) / max(s, 1e-9) for row, s in zip(rows, scatter)]
    signal = [row["signal"] / max(s, 1e-9) for row, s in zip(rows, scatter)]
    edges = [i - 0.5 for i in range(len(rows) + 1)]
    axes.stairs(signal, edges, color=RED, linewidth=2.0)
    reach = max(3.0, min(HIGHEST, 1.15 * max(map(abs, [*measured, *signal]))))
    axes.set_ylim(-reach, reach)
    inside = [(i, value) for i, value in enumerate(measured) if abs(value) <= reach]
    axes.plot(*zip(*inside), "ko", markersize=4.5)
    for i, value in enumerate(measured):
        if abs(value) > reach:
            axes.plot([i], [math.copysign(0.86 * reach, value)], "k^" if value > 0 else "kv", markersize=7)
            axes.annotate(f" {value:.0f}", (i, math.copysign(0.78 * reach, value)), fontsize=9)
    axes.axhline(0.0, color="black", linewidth=0.8)
    scale = r"$\sqrt{b + \sigma_b^2}$" if any(row.get("background_error") for row in rows) else r"$\sqrt{b}$"
    axes.set_ylabel(f"(Events - b) /\n{scale}", fontsize=11)


def readable(labels: Sequence[str]) -> list[int]:
    """Return which labels are written: all, or where they are many each fifth number, or some at equal distances."""
    if len(labels) <= MANY:
        return list(range(len(labels)))
    if all(text.isdecimal() for text in labels):
        return [i for i, text in enumerate(labels) if int(text) % 5 == 0]
    return list(range(0, len(labels), -(-len(labels) // (MANY // 2))))


def draw_one(limits: Sequence[Row], yields: Sequence[Row], look: Row, files: Sequence[Path]) -> None:
    """Choose a signal and write the figure of its bins to each file."""
    limit = chosen(limits)
    rows, words = rows_of(limit, yields)
    region = limit["point"].get("best_expected_region")
    title = style.name_of(limit["point"], look) + (f", region {region}" if region else "")
    why = "whose expected CLs is nearest to 0.05" if limit.get("cls_exp") else "of the lowest expected limit"
    others = [f"Drawn is, of {len(limits)} signals, the one {why}."] if len(limits) > 1 else []
    draw(rows, look, title, words, files, others)
