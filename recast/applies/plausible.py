"""Compare given cross sections with the tables of the entry: fb and pb differ by a factor of a thousand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from recast.applies.clauses import find
from recast.applies.declared import Applies, Topology
from recast.applies.model import Model, at_topology
from recast.applies.points import masses_of_point
from recast.applies.rates import Rate, Table, rate_of
from recast.applies.slha import Spectrum
from recast.inputs.faults import Fault
from recast.json_types import JsonObject

__all__ = ["far_from_tables", "sections_far_from_tables"]

_REFUSED = 100.0
"""A factor larger than any effect of perturbative order or of a plausible coupling."""


def far_from_tables(
    applies: Applies, tables: Mapping[str, Table], inputs: JsonObject, spectrum: Spectrum | None = None
) -> list[Fault]:
    """Return a fault for each cross section that differs from the tables by more than a factor of 100.

    `inputs` include defaults. A cross section of 0 means none; without a table value there is no fault.
    """
    own = applies.own
    if own is None or (own.accept and inputs.get(own.accept) is True):
        return []
    asked = inputs.get(own.input)
    if own.of is None:
        pairs = [(f"/{own.input}", asked, inputs)]
    else:
        points = inputs.get(own.of)
        many = isinstance(asked, list) and isinstance(points, list)
        both = enumerate(zip(asked or (), points or (), strict=False)) if many else ()
        pairs = [(f"/{own.input}/{index}", value, {**inputs, own.of: [point]}) for index, (value, point) in both]
    found = [_fault(applies, tables, pointer, value, one, spectrum) for pointer, value, one in pairs]
    return [fault for fault in found if fault is not None]


def _fault(
    applies: Applies,
    tables: Mapping[str, Table],
    pointer: str,
    value: Any,
    inputs: JsonObject,
    spectrum: Spectrum | None,
) -> Fault | None:
    assert applies.own is not None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0.0:
        return None
    return _far(pointer, value * applies.own.in_fb, "", list(_known(applies, tables, inputs, spectrum)), applies)


def sections_far_from_tables(
    applies: Applies,
    tables: Mapping[str, Table],
    inputs: JsonObject,
    spectrum: Spectrum,
    key: str,
    sqrts_tev: float,
) -> list[Fault]:
    """Return a fault if the XSECTION blocks of a spectrum, which is the input `key`, differ as much from the tables.

    They are used only if the user gives no cross section; it is enough if one of several topologies agrees.
    """
    own = applies.own
    if own is None or inputs.get(own.input) or (own.accept and inputs.get(own.accept) is True):
        return []
    model = Model("slha", spectrum, {}, inputs)
    found = []
    for topology in applies.topologies:
        table = tables.get(topology.name)
        known = _rate(applies, topology, table, inputs, spectrum) if table is not None else None
        stated = rate_of(at_topology(model, applies, topology), topology, applies, None, sqrts_tev).total_fb
        if known is not None and known.total_fb and not known.at_most and stated is not None:
            found.append(_far(f"/{key}", stated, "XSECTION: ", [(known.total_fb, known.source)], applies))
    return [fault for fault in found[:1] if fault is not None] if all(found) else []


def _far(
    pointer: str, given_fb: float, what: str, known: Sequence[tuple[float, str]], applies: Applies
) -> Fault | None:
    """Return a fault if a cross section differs from all known ones by more than a factor of 100."""
    if given_fb <= 0.0:
        return Fault(pointer, f"{what}{given_fb:g} fb makes no events, so there is nothing to exclude", "")
    far = [(max(given_fb / fb, fb / given_fb), fb, source) for fb, source in known]
    if not far or min(far)[0] <= _REFUSED:
        return None
    factor, fb, source = min(far)
    accept = applies.own.accept if applies.own is not None else None
    meant = f"If it is meant: -p {accept}=true" if accept else ""
    words = f"{what}{given_fb:.4g} fb is a factor of {factor:.3g} from {fb:.4g} fb ({source}); fb and pb differ by 1000"
    return Fault(pointer, words, meant)


def _known(
    applies: Applies, tables: Mapping[str, Table], inputs: JsonObject, spectrum: Spectrum | None
) -> Iterator[tuple[float, str]]:
    """Yield cross sections in fb and their sources, for all topologies that may apply."""
    for topology in applies.topologies:
        table = tables.get(topology.name)
        rate = _rate(applies, topology, table, inputs, spectrum) if table is not None else None
        if rate is not None and rate.total_fb and not rate.at_most:
            yield rate.total_fb, rate.source


def _rate(
    applies: Applies, topology: Topology, table: Table, inputs: JsonObject, spectrum: Spectrum | None
) -> Rate | None:
    masses = {} if spectrum is not None else masses_of_point(topology, inputs)
    if masses is None:
        return None
    model = Model("slha" if spectrum is not None else "", spectrum, masses, inputs)
    if find(topology, applies, model, None, 0.0).refused:
        return None
    here = replace(at_topology(model, applies, topology), sections=())
    return rate_of(here, topology, applies, table, 0.0)
