"""Parse declarations from untrusted JSON; everything is checked."""

from __future__ import annotations

import re
from typing import Any

from recast.applies.declared import Applies, DecayStep, Fixed, Least, MassRule, OwnCrossSection, TableOf, Topology
from recast.applies.events import KINDS
from recast.inputs.part import BadDeclaration, Part
from recast.json_types import JsonDict, JsonObject
from recast.suggest import nearest

__all__ = ["BadDeclaration", "read_applies"]

_FIXED = re.compile(r"(?:(?P<like>[a-z][a-z0-9_]{0,39})(?:\s*(?P<sign>[+-])\s*(?P<plus>\d{1,6}(?:\.\d{1,6})?))?)")
_LARGEST_PDG = 10**10
_MOST_PRODUCED = 3
_ROOT_KEYS = ("files", "particles", "names", "prompt_mm", "own_cross_section", "topologies")
_UNITS_FB = {"_fb": 1.0, "_pb": 1000.0}


def read_applies(value: Any) -> Applies:
    """Return the declarations in a value of `applies:`; raise BadDeclaration, which names the position."""
    root = Part(value)
    root.keys(_ROOT_KEYS, ("particles", "topologies"))
    particles = {Part(name, root["particles"].pointer).name(): _ids(part) for name, part in root["particles"].entries()}
    names: dict[str, str] = root.maybe("names", _names, {})
    for key, name in names.items():
        _known(root["names"][key], name, particles)
    topologies = tuple(_topology(part, particles) for part in root["topologies"].items())
    for index, topology in enumerate(topologies):
        if topology.name in [earlier.name for earlier in topologies[:index]]:
            raise root["topologies"][index].bad(f"two topologies are called {topology.name!r}")
    return Applies(
        particles=particles,
        topologies=topologies,
        files=root.maybe("files", _files, {}),
        names=names,
        prompt_mm=root.maybe("prompt_mm", _positive, 1.0),
        own=root.maybe("own_cross_section", _own, None),
    )


def _own(part: Part) -> OwnCrossSection:
    part.keys(("input", "of", "accept"), ("input",))
    name = part["input"].text()
    unit = next((size for ending, size in _UNITS_FB.items() if name.endswith(ending)), None)
    if unit is None:
        raise part["input"].bad(f"the name of {name!r} does not end with its unit, {' or '.join(_UNITS_FB)}")
    return OwnCrossSection(name, unit, part.maybe("of", Part.text, None), part.maybe("accept", Part.text, None))


def _names(part: Part) -> dict[str, str]:
    return {key: item.name() for key, item in part.entries()}


def _files(part: Part) -> dict[str, str]:
    part.keys(KINDS)
    return {key: item.text() for key, item in part.entries()}


def _ids(part: Part) -> tuple[int, ...]:
    return tuple(item.whole(1, _LARGEST_PDG) for item in part.items())


def _positive(part: Part) -> float:
    value = part.number()
    if value <= 0.0:
        raise part.bad(f"a number above 0 is expected, not {value:g}")
    return value


def _known(part: Part, name: str, particles: JsonObject) -> str:
    if name not in particles:
        near = nearest(name, particles)
        hint = f", did you mean {near!r}?" if near else ""
        raise part.bad(f"`particles` has no {name!r}{hint}")
    return name


_KEYS = (
    "name", "title", "produces", "decays", "ends", "when", "masses", "fixed", "narrow", "cross_section", "least", "run",
    "grid", "warns", "notes",
)  # fmt: skip


def _topology(part: Part, particles: JsonObject) -> Topology:
    part.keys(_KEYS, ("name", "title", "produces"))
    if not {"decays", "ends"} & part.value.keys():
        raise part.bad("`decays` or `ends` says how it decays")
    return Topology(
        name=part["name"].text(),
        title=part["title"].text(),
        produces=_produces(part["produces"], particles),
        decays=part.maybe("decays", lambda it: tuple(_decay(item, particles) for item in it.items()), ()),
        ends=part.maybe("ends", lambda it: _known(it, it.name(), particles), None),
        when=part.maybe("when", _when, {}),
        masses=part.maybe("masses", lambda it: tuple(_rule(item, particles) for item in it.items()), ()),
        fixed=part.maybe(
            "fixed", lambda it: {k: _fixed(p, _known(p, k, particles), particles) for k, p in it.entries()}, {}
        ),
        narrow=part.maybe("narrow", lambda it: {_known(p, k, particles): _positive(p) for k, p in it.entries()}, {}),
        table=part.maybe("cross_section", lambda it: _table(it, particles), None),
        least=part.maybe("least", _least, None),
        run=part.maybe("run", _run, {}),
        grid=part.maybe("grid", lambda it: it.text(), None),
        warns=part.maybe("warns", _texts, ()),
        notes=part.maybe("notes", _texts, ()),
    )


def _produces(part: Part, particles: JsonObject) -> tuple[str, ...]:
    items = part.items()
    if len(items) > _MOST_PRODUCED:
        raise part.bad(f"at most {_MOST_PRODUCED} particles are produced together")
    return tuple(_known(item, item.name(), particles) for item in items)


def _decay(part: Part, particles: JsonObject) -> DecayStep:
    parent, arrow, daughters = part.text().partition("->")
    names = daughters.split()
    if not arrow or not names or len(names) > 6:
        raise part.bad(f"{part.value!r:.60} is not a decay such as 'squark -> quark neutralino1'")
    for name in (parent.strip(), *names):
        _known(part, name, particles)
    return DecayStep(parent.strip(), tuple(names))


def _texts(part: Part) -> tuple[str, ...]:
    return tuple(item.text() for item in part.items())


def _when(part: Part) -> dict[str, tuple[Any, ...]]:
    return {key: tuple(_plain(choice) for choice in item.items()) for key, item in part.entries()}


def _run(part: Part) -> JsonDict:
    """Return inputs with placeholders for masses: plain values, and lists of them."""
    return {
        key: [_plain(one) for one in item.items()] if isinstance(item.value, list) else _plain(item)
        for key, item in part.entries()
    }


def _plain(part: Part) -> Any:
    return part.text() if isinstance(part.value, str) else part.value if part.value in (True, False) else part.number()


def _rule(part: Part, particles: JsonObject) -> MassRule:
    part.keys(("mass", "minus", "least", "most", "otherwise", "why"), ("mass",))
    if not {"least", "most"} & part.value.keys():
        raise part.bad("a rule on a mass needs `least` or `most`")
    otherwise = part.maybe("otherwise", Part.text, "refuses")
    if otherwise not in ("refuses", "warns"):
        raise part["otherwise"].bad(f"{otherwise!r} is neither refuses nor warns")
    return MassRule(
        mass=_known(part["mass"], part["mass"].name(), particles),
        minus=part.maybe("minus", lambda it: _known(it, it.name(), particles), None),
        least=part.maybe("least", Part.number, None),
        most=part.maybe("most", Part.number, None),
        refuses=otherwise == "refuses",
        why=part.maybe("why", Part.text, ""),
    )


def _fixed(part: Part, name: str, particles: JsonObject) -> Fixed:
    if isinstance(part.value, (int, float)):
        return Fixed(None, part.number())
    found = _FIXED.fullmatch(part.text().strip())
    if found is None or found["like"] == name:
        raise part.bad(f"{part.value!r:.60} is neither a mass in GeV nor such as 'gluino - 50'")
    _known(part, found["like"], particles)
    return Fixed(found["like"], float(f"{found['sign'] or ''}{found['plus'] or 0}"))


def _table(part: Part, particles: JsonObject) -> TableOf:
    part.keys(("file", "pointer", "mass", "share"), ("file", "mass"))
    return TableOf(
        file=part["file"].text(),
        pointer=part.maybe("pointer", Part.text, ""),
        mass=_known(part["mass"], part["mass"].name(), particles),
        share=part.maybe("share", lambda it: it.whole(1, 100), 1),
    )


def _least(part: Part) -> Least:
    part.keys(("fb", "source"), ("fb", "source"))
    return Least(_positive(part["fb"]), part["source"].text())
