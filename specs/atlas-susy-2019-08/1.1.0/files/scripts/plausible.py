"""Is a cross section that somebody gave near the one that this search's own table has? Units are the usual mistake.

The same file lies in every bundle that takes a cross section (a test compares them). Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["FarFromTable", "compared", "enough", "of_events", "range_of"]

SAID, REFUSED = 3.0, 100.0
HARDLY_ANY = 1e-5  # of what was produced, in all regions of a search together
INSIST = "if it is meant, say accept_cross_section: true"


class FarFromTable(ValueError):
    """A cross section is not believable; the message says beside what."""


def compared(given_fb: float, low_fb: float, high_fb: float, source: str, accepted: bool) -> list[str]:
    """Return a note if a cross section is more than a factor of 3 outside of a range; raise FarFromTable above 100.

    The range is one value where the masses are known, and all that the table holds where they are not.
    """
    if given_fb <= 0.0:
        raise FarFromTable(f"a cross section of {given_fb:g} fb makes no events, so there is nothing to exclude")
    factor = max(given_fb / high_fb, low_fb / given_fb)
    if factor <= SAID:
        return []
    known = f"{high_fb:.4g} fb" if low_fb == high_fb else f"{low_fb:.3g} to {high_fb:.3g} fb"
    way = "above" if given_fb > high_fb else "below"
    words = f"the cross section of {given_fb:.4g} fb is a factor of {factor:.3g} {way} {known} ({source})"
    if factor > REFUSED and not accepted:
        raise FarFromTable(f"{words}: fb and pb differ by 1000; {INSIST}")
    return [words]


def enough(events: float, given_fb: float, luminosity_inv_fb: float, accepted: bool) -> list[str]:
    """Return a note if hardly any event is left, or more than were produced, which is refused unless accepted."""
    produced = given_fb * luminosity_inv_fb
    if events < HARDLY_ANY * produced:
        share = f"{events:.4g} signal events are {events / produced:.2g} of those that {given_fb:.4g} fb make"
        return [f"{share}: is the cross section in the unit that was meant (fb and pb differ by 1000)?"]
    if events <= produced:
        return []
    words = f"{events:.4g} signal events are more than a cross section of {given_fb:.4g} fb makes ({produced:.4g})"
    if not accepted:
        raise FarFromTable(f"{words}: fb and pb differ by 1000; {INSIST}")
    return [words]


def of_events(
    given_fb: float, mass_gev: float | None, events: float, rows: Sequence[Sequence[float]], luminosity_inv_fb: float,
    accepted: bool,
) -> list[str]:  # fmt: skip
    """Return what `compared` and `enough` say of signal events that somebody handed in with their cross section."""
    return [
        *compared(given_fb, *range_of(rows, mass_gev), "this search's table", accepted),
        *enough(events, given_fb, luminosity_inv_fb, accepted),
    ]


def range_of(rows: Sequence[Sequence[float]], mass_gev: float | None) -> tuple[float, float]:
    """Return the cross section of a table (mass in GeV, fb) at a mass, twice; without one, least and largest."""
    for low, high in zip(rows, rows[1:]):
        if mass_gev is not None and low[0] <= mass_gev <= high[0]:
            part = (mass_gev - low[0]) / (high[0] - low[0])
            value = math.exp((1.0 - part) * math.log(low[1]) + part * math.log(high[1]))
            return value, value
    values = [row[1] for row in rows]
    return min(values), max(values)
