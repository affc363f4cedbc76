"""What an entry declares under `applies:`: files it takes, topologies with their particles, masses, cross sections.

docs/reference/applies.md describes every key. The same parser is used for an entry's file and for the untrusted
configuration of a published version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recast.json_types import JsonObject

__all__ = ["Applies", "DecayStep", "Fixed", "Least", "MassRule", "OwnCrossSection", "TableOf", "Topology"]


@dataclass(frozen=True, slots=True)
class DecayStep:
    """`squark -> quark neutralino1`, in names of particles."""

    parent: str
    daughters: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.parent} -> {' '.join(self.daughters)}"


@dataclass(frozen=True, slots=True)
class MassRule:
    """Bounds in GeV on a mass, or on its difference to another one; `refuses` unless it only warns."""

    mass: str
    minus: str | None
    least: float | None
    most: float | None
    refuses: bool
    why: str

    def __str__(self) -> str:
        of = f"m({self.mass})" + (f" - m({self.minus})" if self.minus else "")
        if self.least is not None and self.most is not None:
            same = self.least == self.most
            return f"{of} = {self.least:g} GeV" if same else f"{of} from {self.least:g} to {self.most:g} GeV"
        return f"{of} at least {self.least:g} GeV" if self.least is not None else f"{of} at most {self.most:g} GeV"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A mass with a default: that of `like` (or 0) plus an offset in GeV."""

    like: str | None
    plus_gev: float


@dataclass(frozen=True, slots=True)
class TableOf:
    """A table of cross sections in the bundle: file, JSON pointer, the particle whose mass it uses, the number of
    degenerate states.
    """

    file: str
    pointer: str
    mass: str
    share: int


@dataclass(frozen=True, slots=True)
class OwnCrossSection:
    """The input that takes a user's cross section, in units of `in_fb`; a list of them corresponds to the points in
    `of`.

    If the input `accept` is yes, any value is accepted.
    """

    input: str
    in_fb: float
    of: str | None
    accept: str | None


@dataclass(frozen=True, slots=True)
class Least:
    """The smallest cross section x branching ratio in fb that the search excludes anywhere, and its source."""

    fb: float
    source: str


@dataclass(frozen=True, slots=True)
class Topology:
    """One topology that a search looks for. With `ends`, everything that is produced decays through prompt chains to
    such particles; without `decays`, through any chains.
    """

    name: str
    title: str
    produces: tuple[str, ...]
    decays: tuple[DecayStep, ...] = ()
    ends: str | None = None
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    masses: tuple[MassRule, ...] = ()
    fixed: Mapping[str, Fixed] = field(default_factory=dict)
    narrow: Mapping[str, float] = field(default_factory=dict)
    table: TableOf | None = None
    least: Least | None = None
    run: JsonObject = field(default_factory=dict)
    grid: str | None = None
    warns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def particles(self) -> tuple[str, ...]:
        """The names of particles that it speaks of, those that are produced first."""
        named = [*self.produces, *(name for step in self.decays for name in (step.parent, *step.daughters))]
        return tuple(dict.fromkeys([*named, *([self.ends] if self.ends else [])]))


@dataclass(frozen=True, slots=True)
class Applies:
    """The declarations of an entry. `files` names the input for each kind of file; `particles` are PDG ids by name.

    Particles with a decay length above `prompt_mm` are not prompt.
    """

    particles: Mapping[str, tuple[int, ...]]
    topologies: tuple[Topology, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    prompt_mm: float = 1.0
    own: OwnCrossSection | None = None

    def called(self, name: str) -> str:
        """Return the particle that a name means: `neutralino` may be `neutralino1`."""
        return self.names.get(name, name)
