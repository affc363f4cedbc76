"""Compare all searches of a catalogue with one model: which apply, which clause says no, and what to type next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from recast.applies.clauses import Clause, Finding, find
from recast.applies.commands import Proposal, propose, typed
from recast.applies.declared import Applies
from recast.applies.events import KINDS
from recast.applies.model import Model
from recast.applies.plausible import sections_far_from_tables
from recast.applies.points import masses_of_point
from recast.applies.rates import Table
from recast.json_types import JsonDict, JsonObject

__all__ = ["Answer", "Search", "answer"]

_ORDER = {"yes": 0, "outside": 1, "unknown": 2, "no": 3}
_BEAMS_TOLERANCE_GEV = 1.0

Takes = Literal["yes", "outside", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Search:
    """What is needed of a version for this question.

    `tables` and `grids` are by topology; `faults_of` returns the faults of inputs according to the version's schema, as
    text.
    """

    analysis: str
    version: str
    title: str
    sqrts_tev: float
    applies: Applies | None
    inputs: Collection[str]
    faults_of: Callable[[JsonObject], list[str]]
    tables: Mapping[str, Table] = field(default_factory=dict)
    grids: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one search: whether it takes the model, the deciding clause, all topologies, the next command."""

    search: Search
    takes: Takes
    clause: Clause
    findings: tuple[Finding, ...] = ()
    best: Finding | None = None
    proposal: Proposal | None = None

    @property
    def command(self) -> str:
        """The line to type, empty if the search does not take the model."""
        if self.takes not in ("yes", "outside") or self.proposal is None:
            return ""
        return typed(self.search.analysis, self.proposal.inputs)

    @property
    def notes(self) -> list[str]:
        """What must be known before the command is typed."""
        if not self.command or self.proposal is None:
            return []
        if self.best is None:
            return list(self.proposal.notes)
        taken = [f"m({name}) = {self.best.masses_gev[name]:g} GeV" for name in self.best.assumed]
        assumed = [f"{', '.join(taken)}: as in {self.best.topology.name}, because it was not given"] if taken else []
        return [*self.proposal.notes, *assumed, *self.best.topology.notes]

    def as_json(self) -> JsonDict:
        """Return it as JSON; see docs/reference/applies.md."""
        best = self.best
        return {
            "analysis": self.search.analysis,
            "version": self.search.version,
            "takes": self.takes,
            **self.clause.as_json(),
            "topology": best.topology.name if best else None,
            "xsec_fb": best.rate.total_fb if best and best.rate else None,
            "xsec_source": best.rate.source if best and best.rate else None,
            "branching": best.branching if best else None,
            "xsec_times_branching_fb": best.cross_section_fb if best else None,
            "next": self.command,
            "notes": self.notes,
            "topologies": [_topology(finding) for finding in self.findings],
        }


def answer(search: Search, model: Model, file: str = "") -> Answer:
    """Return the answer of a search about a model; `file` is the user's name of its file."""
    unknown = Clause("declaration", "unknown", "the entry does not declare what it applies to")
    if model.kind in ("lhe", "hepmc", "pyhf"):
        return _of_file(search, model, file)
    if model.spectrum is None and not model.masses:
        return _of_inputs(search, model.inputs)
    if search.applies is None:
        return Answer(search, "unknown", unknown)
    if foreign := [key for key in model.inputs if key not in search.inputs]:
        takes = ", ".join(search.inputs)
        return Answer(search, "no", Clause("inputs", "no", f"it has no input {foreign[0]!r}; it takes {takes}"))
    found = tuple(
        find(topology, search.applies, model, search.tables.get(topology.name), search.sqrts_tev)
        for topology in search.applies.topologies
    )
    return _best(search, search.applies, model, file, found)


def _best(search: Search, applies: Applies, model: Model, file: str, found: Sequence[Finding]) -> Answer:
    """Return the answer of the best topology that takes the model, else of the one that matches furthest."""
    answers = [_of_finding(search, applies, model, file, finding, tuple(found)) for finding in found]
    return min(answers, key=_rank)


def _rank(answer: Answer) -> tuple[int, float, int]:
    """Return the sort key: by answer, then by rate; among those that say no, by how far they match."""
    best = answer.best
    assert best is not None
    rate = 0.0 if answer.takes == "no" else -(best.cross_section_fb or 0.0)
    return _ORDER[answer.takes], rate, -len(best.clauses)


def _of_finding(
    search: Search, applies: Applies, model: Model, file: str, finding: Finding, found: tuple[Finding, ...]
) -> Answer:
    """Return the answer of one topology: the resulting inputs must fit the schema, and be points of its grid."""
    clause = finding.decisive
    if finding.takes == "no":
        return Answer(search, "no", clause, found, finding)
    proposal = propose(finding, applies, model, file, search.grids.get(finding.topology.name, ()))
    if proposal is None:
        return Answer(search, finding.takes, clause, found, finding)
    if faults := search.faults_of(proposal.inputs):
        return Answer(search, "no", Clause("inputs", "no", faults[0]), found, finding)
    if model.spectrum is not None and (far := _far_from_tables(search, applies, model, finding)):
        return Answer(search, "no", Clause("rate", "no", far), found, finding)
    if proposal.notes and finding.takes == "yes":
        return Answer(search, "outside", Clause("masses", "warns", proposal.notes[0]), found, finding, proposal)
    return Answer(search, finding.takes, clause, found, finding, proposal)


def _far_from_tables(search: Search, applies: Applies, model: Model, finding: Finding) -> str:
    """Return why a run would refuse the cross sections of a spectrum, such as a wrong unit; empty if it would not."""
    assert model.spectrum is not None
    tables = {name: table for name, table in search.tables.items() if name == finding.topology.name}
    found = sections_far_from_tables(applies, tables, model.inputs, model.spectrum, "slha", search.sqrts_tev)
    return f"{found[0].what}. {found[0].allowed}".strip(". ") if found else ""


def _of_file(search: Search, model: Model, file: str) -> Answer:
    """Return whether a search takes event files or patches; their contents are not examined here."""
    applies, kind = search.applies, KINDS[model.kind]
    if applies is None:
        return Answer(search, "unknown", Clause("declaration", "unknown", f"the entry does not say if it takes {kind}"))
    key = applies.files.get(model.kind)
    if key is None:
        takes = " or ".join(KINDS[name] for name in applies.files) or "points, and no files"
        return Answer(search, "no", Clause("inputs", "no", f"it does not take {kind}; it takes {takes}"))
    wanted = 500.0 * search.sqrts_tev
    if model.beams_gev and any(abs(beam - wanted) > _BEAMS_TOLERANCE_GEV for beam in model.beams_gev):
        beams = " and ".join(f"{beam:g}" for beam in model.beams_gev)
        why = f"its beams have {beams} GeV; the search is at {search.sqrts_tev:g} TeV"
        return Answer(search, "no", Clause("production", "no", why))
    if model.needs:
        return Answer(search, "no", Clause("inputs", "no", f"its events were made for {model.needs}: hand in HepMC"))
    proposal = Proposal({**model.inputs, key: f"@{file}"})
    if faults := search.faults_of(proposal.inputs):
        return Answer(search, "no", Clause("inputs", "no", faults[0]), proposal=proposal)
    return Answer(search, "yes", Clause("inputs", "yes", f"it takes {kind} as {key}"), proposal=proposal)


def _of_inputs(search: Search, inputs: JsonObject) -> Answer:
    """Return whether inputs fit the schema of a search; for a single point, the answer of its topology."""
    if faults := search.faults_of(inputs):
        return Answer(search, "no", Clause("inputs", "no", faults[0]))
    fits = Clause("inputs", "yes", "these inputs fit its schema")
    answers = [
        Answer(search, finding.takes, finding.decisive, (finding,), finding, Proposal(inputs))
        for finding in _findings_of_point(search, inputs)
    ]
    return min(answers, key=_rank) if answers else Answer(search, "yes", fits, proposal=Proposal(inputs))


def _findings_of_point(search: Search, inputs: JsonObject) -> list[Finding]:
    """Return the findings of the topologies whose templates generate the point in the inputs."""
    found = []
    for topology in search.applies.topologies if search.applies else ():
        if masses := masses_of_point(topology, inputs):
            assert search.applies is not None
            model = Model(masses=masses, inputs=inputs)
            table = search.tables.get(topology.name)
            found.append(find(topology, search.applies, model, table, search.sqrts_tev))
    return found


def _topology(finding: Finding) -> JsonDict:
    return {
        "name": finding.topology.name,
        "title": finding.topology.title,
        "takes": finding.takes,
        "masses_gev": dict(finding.masses_gev),
        "clauses": [clause.as_json() for clause in finding.clauses],
        "xsec_fb": finding.rate.total_fb if finding.rate else None,
        "xsec_source": finding.rate.source if finding.rate else None,
        "branching": finding.branching,
        "xsec_times_branching_fb": finding.cross_section_fb,
    }
