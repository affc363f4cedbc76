"""Compare what ran with the reference, and with the published numbers of the entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from recast.catalogue import PublishedVersion
from recast.catalogue.validate import RunPoints
from recast.catalogue.validate import validate as judge_published
from recast.ci.compare import Comparison, Quantity, Rules, Tolerance, compare, published_values, quantities
from recast.ci.config import CiConfig
from recast.ci.pipeline.runs import Gathered
from recast.ci.reference import Accepted, Reference, ReferenceRun
from recast.counted import counted
from recast.json_types import JsonDict, JsonObject

__all__ = ["Verdict", "is_paired", "judged", "mode_of", "published_items", "rules_of"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word that the physics gives a commit, the sentence that says why, and the document for `comparison.json`."""

    word: str
    sentence: str
    mode: str
    comparison: JsonDict


def judged(
    config: CiConfig,
    version: PublishedVersion,
    gathered: Sequence[Gathered],
    reference: Reference | None,
    announced: Sequence[Accepted],
    bring: Callable[[str], list[JsonObject]],
) -> Verdict:
    """Return the verdict on what was gathered; `bring` returns results of the reference by digest, or raises.

    Runs that the reference lacks have nothing to be compared with: their quantities are new. Published numbers that are
    missed make the commit `failed`, whatever the reference says.
    """
    items = published_items(version, gathered)
    mode = mode_of(gathered, reference)
    comparison = _compared(config, items, gathered, reference, announced, bring)
    document = {**comparison.as_json(), "mode": mode}
    missed = [item for item in items if item["verdict"] == "failed"]
    if missed:
        names = ", ".join(str(item["name"]) for item in missed[:5])
        sentence = f"{counted(len(missed), 'published number')} not reproduced: {names}"
        return Verdict("failed", sentence, mode, document)
    if mode == "none":
        sentence = f"{counted(len(gathered), 'validation run')} succeeded; there is no reference to compare with yet"
        return Verdict("passed", sentence, mode, document)
    return Verdict(comparison.word, comparison.sentence(), mode, document)


def mode_of(gathered: Sequence[Gathered], reference: Reference | None) -> str:
    """Return `paired` if the outputs of all random stages are those of the reference, `independent` if not all are,
    and `none` if there is nothing to compare with.
    """
    pairs = list(_pairs(gathered, reference))
    if not pairs:
        return "none"
    return "paired" if all(is_paired(run, there) for run, there in pairs) else "independent"


def is_paired(run: Gathered, there: ReferenceRun) -> bool:
    """Return whether all random stages of a run have put out what they have in its reference."""
    return dict(run.random) == {name: tuple(digests) for name, digests in there.stages.items()}


def published_items(version: PublishedVersion, gathered: Sequence[Gathered]) -> list[JsonDict]:
    """Return the validation items of the entry whose inputs were run, judged as `recast validate` does.

    `run` is the name of the validation run, `result`, `point` and `quantity` say which number is meant.
    """
    rows = []
    for run in gathered:
        mine = tuple(item for item in version.validation if dict(item.inputs) == dict(run.wanted.inputs))
        if not mine:
            continue
        verdicts = judge_published(replace(version, validation=mine), _known(run))
        for item, verdict in zip(mine, verdicts, strict=True):
            place = {"run": run.name, "result": item.result, "point": dict(item.point), "quantity": item.quantity}
            rows.append({**verdict.as_json(version), **place})
    return rows


def rules_of(config: CiConfig) -> Rules:
    """Return tolerances and alpha of a configuration as the comparison takes them."""
    tolerances = tuple(
        Tolerance(quantity=rule.quantity, absolute=rule.absolute, relative=rule.relative) for rule in config.tolerances
    )
    return Rules(tolerances=tolerances, alpha=config.alpha)


def _known(run: Gathered) -> RunPoints:
    document = {"results": run.results}
    return lambda version, inputs: document


def _compared(
    config: CiConfig,
    items: Sequence[JsonObject],
    gathered: Sequence[Gathered],
    reference: Reference | None,
    announced: Sequence[Accepted],
    bring: Callable[[str], list[JsonObject]],
) -> Comparison:
    before: list[Quantity] = []
    control: list[Quantity] = []
    for run, there in _pairs(gathered, reference):
        before += quantities(bring(there.results), run.name)
        if there.control is not None:
            control += quantities(bring(there.control), run.name)
    known = [
        value
        for run in gathered
        for value in published_values([it for it in items if it["run"] == run.name], run.results, run.name)
    ]
    after = [quantity for run in gathered for quantity in quantities(run.results, run.name)]
    return compare(
        tuple(before),
        tuple(after),
        control=tuple(control) or None,
        published=tuple(known),
        paired={run.name: is_paired(run, there) for run, there in _pairs(gathered, reference)},
        rules=rules_of(config),
        announced=tuple(item.as_json() for item in announced),
    )


def _pairs(gathered: Sequence[Gathered], reference: Reference | None) -> Iterator[tuple[Gathered, ReferenceRun]]:
    known: Mapping[str, ReferenceRun] = reference.runs if reference is not None else {}
    yield from ((run, known[run.name]) for run in gathered if run.name in known)
