"""Check one topology of an entry, clause by clause: which one excludes a model, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from recast.applies.chains import branching, chain_faults, is_new, length_mm, opens
from recast.applies.declared import Applies, MassRule, Topology
from recast.applies.model import DECOUPLED_GEV, Here, Model, at_topology
from recast.applies.rates import Rate, Table, rate_of
from recast.applies.slha import Decay
from recast.json_types import JsonObject

__all__ = ["Clause", "Finding", "find"]

_LEAST_SHARE = 1e-6
_ALL_OF_IT = 0.95
_MOST_FAULTS = 3

Says = Literal["yes", "warns", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Clause:
    """The answer of one clause about a model."""

    name: str
    says: Says
    why: str

    def as_json(self) -> dict[str, str]:
        """Return it as JSON."""
        return {"clause": self.name, "says": self.says, "why": self.why}


@dataclass(frozen=True, slots=True)
class Finding:
    """A topology with the answers of its clauses, up to the first no; cross section and branching ratio if known.

    `masses_gev` are those of its particles, by name; `assumed` those that were not given.
    """

    topology: Topology
    clauses: tuple[Clause, ...]
    masses_gev: Mapping[str, float]
    rate: Rate | None = None
    branching: float | None = None
    assumed: tuple[str, ...] = ()

    @property
    def takes(self) -> Literal["yes", "outside", "no"]:
        """Whether the search takes it: yes, outside of where it was validated, or no."""
        said = {clause.says for clause in self.clauses}
        return "no" if "no" in said else "outside" if "warns" in said else "yes"

    @property
    def refused(self) -> bool:
        """Whether no answer can come of it: a rate that is too low is an answer."""
        return any(clause.says == "no" and clause.name != "rate" for clause in self.clauses)

    @property
    def decisive(self) -> Clause:
        """The clause that says most: no, else a warning, else the last one."""
        for word in ("no", "warns"):
            for clause in self.clauses:
                if clause.says == word:
                    return clause
        return self.clauses[-1]

    @property
    def cross_section_fb(self) -> float | None:
        """Cross section x branching ratio in fb."""
        if self.rate is None or self.rate.total_fb is None or self.branching is None or self.rate.at_most:
            return None
        return self.rate.total_fb * self.branching


def find(topology: Topology, applies: Applies, model: Model, table: Table | None, sqrts_tev: float) -> Finding:
    """Check a topology's clauses one after the other, until one says no."""
    here = at_topology(model, applies, topology)
    asking = _Asking(topology, applies, here, model.inputs)
    clauses: list[Clause] = []
    for ask in (asking.inputs, asking.production, asking.decays, asking.lifetimes, asking.masses):
        clauses += ask()
        if any(clause.says == "no" for clause in clauses):
            return Finding(topology, tuple(clauses), asking.named)
    rate = rate_of(here, topology, applies, table, sqrts_tev)
    share = asking.share(rate)
    clauses += [_of_rate(topology, rate, share), *(Clause("validity", "warns", words) for words in topology.warns)]
    if model.kind in applies.files and topology.ends and share < _ALL_OF_IT:
        words = f"{share:.2g} of it decays as {topology.title}; the rest is in the file as well, and was not validated"
        clauses.append(Clause("validity", "warns", words))
    return Finding(topology, tuple(clauses), asking.named, rate, share, here.assumed)


@dataclass(frozen=True, slots=True)
class _Asking:
    """The clauses of one topology, for one model."""

    topology: Topology
    applies: Applies
    here: Here
    given: JsonObject

    def inputs(self) -> Iterator[Clause]:
        """The choices that belong to the topology are those of the user."""
        for key, choices in self.topology.when.items():
            if key in self.given and self.given[key] not in choices:
                yield Clause("inputs", "no", f"{key} is {self.given[key]!r:.60}; this is for {_or(choices)}")

    def production(self) -> Iterator[Clause]:
        """What is produced is there, and light enough."""
        if self.here.missing:
            yield Clause("production", "no", self.here.missing)
            return
        for name in dict.fromkeys(self.topology.produces):
            heavy = [pdg for pdg in self.applies.particles[name] if pdg in self.here.masses]
            if not self.there(name):
                ids = _ids(self.applies.particles[name])
                words = "heavier than 5 TeV" if heavy else "not in BLOCK MASS"
                yield Clause("production", "no", f"{name} ({ids}) is {words}")
                return
        yield Clause("production", "yes", f"{' '.join(self.topology.produces)} can be produced")

    def decays(self) -> Iterator[Clause]:
        """What is produced decays as the topology says; for a point it does by definition, if it can."""
        for step in self.topology.decays:
            needed = sum(self.named[name] for name in step.daughters if name in self.named)
            if step.parent in self.named and self.here.decays is None and needed > self.named[step.parent]:
                why = f"{step} needs {needed:g} GeV of {self.named[step.parent]:g} GeV"
                yield Clause("decays", "no", why)
                return
        if self.here.decays is None:
            yield Clause("decays", "yes", "as in the simplified model")
        else:
            said = list(self._steps()) if self.topology.decays else []
            if self.topology.ends is not None and all(clause.says != "no" for clause in said):
                said += self._chains(self.here.decays, self.topology.ends)
            yield from said

    def _steps(self) -> Iterator[Clause]:
        for name in dict.fromkeys(self.topology.produces):
            if max((self.fraction(pdg) for pdg in self.there(name)), default=0.0) < _LEAST_SHARE:
                if (silent := self._without_table(name)) is not None:
                    yield Clause("decays", "no", f"DECAY {silent} ({name}) is missing or empty: it would be stable")
                    return
                below = self._first_closed(name)
                yield Clause("decays", "no", f"no decay of the spectrum goes as {below}")
                return
        yield Clause("decays", "yes", f"{'; '.join(map(str, self.topology.decays))}")

    def _without_table(self, name: str) -> int | None:
        """Return a particle of a name if none of them has a decay."""
        decays = self.here.decays or {}
        there = self.there(name)
        return None if any(pdg in decays and opens(decays[pdg]) for pdg in there) else next(iter(there), None)

    def _first_closed(self, name: str) -> str:
        """Return the first step below a produced particle that the spectrum does not have."""
        assert self.here.decays is not None
        todo = [name]
        while todo:
            parent = todo.pop(0)
            step = next((step for step in self.topology.decays if step.parent == parent), None)
            if step is None:
                continue
            alone = Topology("", "", (), (step,))
            ids = self.applies.particles[parent]
            if not any(branching(pdg, self.here.decays, alone, self.applies) > _LEAST_SHARE for pdg in ids):
                return str(step)
            todo += step.daughters
        return "; ".join(map(str, self.topology.decays))

    def _chains(self, decays: Mapping[int, Decay], name: str) -> Iterator[Clause]:
        ends = self.applies.particles[name]
        if not any(pdg in self.here.masses for pdg in ends):
            why = f"BLOCK MASS has no {name} ({_ids(ends)}): the search needs one that escapes"
            yield Clause("decays", "no", why)
            return
        start = [pdg for name in self.topology.produces for pdg in self.there(name)]
        found = list(islice(chain_faults(start, self.here.masses, decays, ends, self.applies.prompt_mm), _MOST_FAULTS))
        if found:
            yield Clause("decays", "no", "; ".join(found))
        else:
            yield Clause("decays", "yes", f"prompt chains that end in {name}")

    def lifetimes(self) -> Iterator[Clause]:
        """What decays does so promptly, and what should escape is stable."""
        if self.here.decays is None or self.topology.ends is not None:
            return  # whose chains were checked as a whole
        parents = {step.parent for step in self.topology.decays}
        for name in self.topology.particles:
            for pdg in self.there(name) if any(map(is_new, self.applies.particles[name])) else ():
                decay = self.here.decays.get(pdg)
                if name in parents and (name not in self.topology.produces or self.fraction(pdg) > _LEAST_SHARE):
                    if decay is not None and decay.fault:
                        yield Clause("decays", "no", f"DECAY {pdg}: {decay.fault}")
                        return
                    length = length_mm(decay) if decay is not None else float("inf")
                    if length > self.applies.prompt_mm:
                        why = f"{name} ({pdg}) flies {length:.2g} mm; the search takes {self.applies.prompt_mm:g} mm"
                        yield Clause("lifetime", "no", why)
                        return
                elif name not in parents and decay is not None and opens(decay):
                    yield Clause("lifetime", "no", f"{name} ({pdg}) decays; the search needs it stable")
                    return
        yield Clause("lifetime", "yes", f"prompt within {self.applies.prompt_mm:g} mm")

    def masses(self) -> Iterator[Clause]:
        """Masses, differences and widths lie where the search takes them."""
        said = [clause for rule in self.topology.masses if (clause := self._rule(rule)) is not None]
        said += [clause for name, most in self.topology.narrow.items() for clause in self._width(name, most)]
        yield from sorted(said, key=lambda clause: clause.says != "no")
        if not said:
            yield Clause("masses", "yes", _values(self.named))

    def _rule(self, rule: MassRule) -> Clause | None:
        one = [self.here.masses[pdg] for pdg in self.there(rule.mass)]
        other = [self.here.masses[pdg] for pdg in self.there(rule.minus)] if rule.minus else [0.0]
        if not one or not other:
            return None
        low, high = min(one) - max(other), max(one) - min(other)
        if (rule.least is None or low >= rule.least) and (rule.most is None or high <= rule.most):
            return None
        found = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        says: Says = "no" if rule.refuses else "warns"
        return Clause("masses", says, f"{found} GeV, and it takes {rule}" + (f": {rule.why}" if rule.why else ""))

    def _width(self, name: str, most: float) -> Iterator[Clause]:
        for pdg in self.there(name):
            decay = (self.here.decays or {}).get(pdg)
            if decay is not None and decay.width_gev > most * self.here.masses[pdg]:
                share = decay.width_gev / self.here.masses[pdg]
                yield Clause("masses", "no", f"the width of {name} is {share:.2g} of its mass, and it takes {most:g}")

    def share(self, rate: Rate) -> float:
        """Return the branching ratio of all that is produced, weighted with the cross sections if they are known."""
        if self.here.decays is None or not self.topology.decays:
            return 1.0
        if rate.pairs:
            total = sum(rate.pairs.values())
            good = sum(fb * math.prod(map(self.fraction, pair)) for pair, fb in rate.pairs.items())
            return good / total if total else 0.0
        share = 1.0
        for name in self.topology.produces:
            share *= max((self.fraction(pdg) for pdg in self.there(name)), default=0.0)
        return share

    def fraction(self, pdg: int) -> float:
        """Return how much of a particle's decays go as the topology says."""
        return branching(pdg, self.here.decays or {}, self.topology, self.applies)

    def there(self, name: str) -> list[int]:
        """Return the particles of a name that the model has, and not decoupled."""
        return [pdg for pdg in self.applies.particles[name] if self.here.masses.get(pdg, DECOUPLED_GEV) < DECOUPLED_GEV]

    @property
    def named(self) -> dict[str, float]:
        """The masses by name, that of the lightest particle of it, without those of the standard model."""
        names = [name for name in self.topology.particles if any(map(is_new, self.applies.particles[name]))]
        return {name: min(self.here.masses[pdg] for pdg in self.there(name)) for name in names if self.there(name)}


def _of_rate(topology: Topology, rate: Rate, share: float) -> Clause:
    if rate.total_fb is None:
        return Clause("rate", "unknown", f"cross section {rate.source}")
    found, bound = rate.total_fb * share, "at most " if rate.at_most else ""
    words = f"{bound}{found:.3g} fb = {rate.total_fb:.3g} fb x {share:.3g} ({rate.source})"
    if topology.least is not None and found < topology.least.fb:
        least = f"the least that the search excludes anywhere is {topology.least.fb:g} fb ({topology.least.source})"
        return Clause("rate", "no", f"{words}; {least}")
    return Clause("rate", "unknown" if rate.at_most else "yes", words)


def _values(named: Mapping[str, float]) -> str:
    return ", ".join(f"m({name}) = {mass:g} GeV" for name, mass in named.items())


def _ids(pdgs: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, pdgs[:4]))
    return shown if len(pdgs) <= 4 else f"{shown}, ..."


def _or(choices: tuple[Any, ...]) -> str:
    return " or ".join(map(str, choices))
