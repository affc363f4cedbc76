"""Check one workflow file: the schema's verdict, and all findings, with suppressed ones listed separately."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from recast.errors import SpecError
from recast.plainfile import open_plain
from recast.spec.build import Builder
from recast.spec.findings import Finding
from recast.spec.lint.check import check_workflow_rules
from recast.spec.load import below
from recast.spec.model import Position
from recast.spec.reana import is_reana, only_names_one
from recast.spec.references import Bundle
from recast.spec.schema import check_workflow
from recast.spec.source import MAX_FILE_BYTES
from recast.terminal_safe import visible

if TYPE_CHECKING:
    from recast.spec.lint.suppress import Silenced
    from recast.spec.lint.texts import SpecText

__all__ = ["MOST_FINDINGS", "Judgement", "Verdict", "judge"]

Verdict: TypeAlias = Literal["VALID", "INVALID", "ERROR"]
"""The verdict of yadage-schemas on a file: accepted, rejected, or it cannot be read or resolved."""

MOST_FINDINGS = 400
"""The most findings that are kept for one workflow."""

_RANKS = {"error": 0, "warning": 1, "note": 2}

_WHERE = re.compile(r"(?P<file>.*?)(?::(?P<line>\d+))?(?::\d+)?(?: (?P<key>/.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One workflow file, with the toplevel it was read from and the files that were read (relative to it)."""

    path: Path
    toplevel: Path
    verdict: Verdict
    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...]
    files: tuple[str, ...]
    more: int = 0
    """How many findings beyond `MOST_FINDINGS` are left out."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return the findings that are errors."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def runnable(self) -> bool:
        """Return whether a run would start: no finding stands against it."""
        return self.verdict == "VALID" and not any(map(_stops_run, self.findings))


def _none_pinned(_: Path) -> Collection[str]:
    return ()


def judge(
    path: Path,
    toplevels: Sequence[Path],
    *,
    lint: bool = False,
    pinned: Callable[[Path], Collection[str]] = _none_pinned,
) -> Judgement:
    """Check a workflow file with the first of these toplevels in which all its references are found; if there is none,
    with the one in which most files were found.

    With `lint` every rule is applied, otherwise only those that a run applies. `pinned` says which images (`name:tag`)
    a toplevel pins. Never raises SpecError.
    """
    tried: list[Judgement] = []
    for toplevel in toplevels:
        tried.append(_Reading(path, toplevel, lint, pinned(toplevel)).judgement())
        if not any(finding.code in ("spec.ref-missing", "spec.ref-escape") for finding in tried[-1].findings):
            return tried[-1]
    return max(tried, key=lambda judgement: len(judgement.files))


class _Reading:
    """One attempt to read and check a workflow file."""

    def __init__(self, path: Path, toplevel: Path, lint: bool, pinned: Collection[str]) -> None:
        self._path = path
        self._toplevel = toplevel
        self._lint = lint
        self._pinned = pinned
        self._verdict: Verdict = "ERROR"

    def judgement(self) -> Judgement:
        bundle = Bundle(self._toplevel)
        found: list[Finding] = []
        root = ""
        try:
            root = below(self._path, bundle.toplevel, str(self._path))
            for finding in self._findings(bundle, root):
                if finding.code != "spec.floating-image" or finding.excerpt not in self._pinned:
                    found.append(finding)  # findings from before an error are kept
        except SpecError as error:
            found.append(_as_finding(error))
        found = sorted(dict.fromkeys(found), key=lambda finding: (_RANKS[finding.severity], _order(finding)))
        found, more = found[:MOST_FINDINGS], max(0, len(found) - MOST_FINDINGS)
        silenced: list[Silenced] = []
        if self._lint:
            found, silenced = _with_texts(found, _texts(bundle, root))
        left = tuple(_shown(finding) for finding in sorted(dict.fromkeys(found), key=_order))
        silenced = [replace(item, finding=_shown(item.finding)) for item in silenced]
        return Judgement(self._path, self._toplevel, self._verdict, left, tuple(silenced), bundle.files, more)

    def _findings(self, bundle: Bundle, root: str) -> Iterator[Finding]:
        node = bundle.root(root)
        if is_reana(node.value):
            self._verdict = "INVALID"
            raise only_names_one(root, str(self._path))
        wrong = [finding for finding in check_workflow(node) if finding.severity == "error"]
        self._verdict = "INVALID" if wrong else "VALID"
        yield from wrong
        if not wrong:
            node.plain()  # refuses what JSON cannot represent
            builder = Builder()
            workflow = builder.workflow(node)
            yield from builder.findings
            yield from check_workflow_rules(workflow, builder.nodes, lint=self._lint)


def _with_texts(found: list[Finding], texts: dict[str, SpecText]) -> tuple[list[Finding], list[Silenced]]:
    """Return the findings including those on the texts, at their lines, without secrets; and those that comments
    suppress.
    """
    from recast.spec.lint.suppress import Silenced, silence
    from recast.spec.lint.texts import check_text

    found, secrets = list(found), set[str]()
    for text in texts.values():
        more, hidden = check_text(text)
        found += more
        secrets |= hidden
    placed = [_explained(_at_its_line(finding, texts)) for finding in dict.fromkeys(found)]
    left, silenced = silence(placed, texts)
    return (
        [_without(finding, secrets) for finding in left],
        [Silenced(_without(item.finding, secrets), item.reason) for item in silenced],
    )


def _texts(bundle: Bundle, root: str) -> dict[str, SpecText]:
    """Return the texts of the files that were read, and of the workflow's own even if it could not be parsed."""
    from recast.spec.lint.texts import SpecText

    found = {}
    for file in dict.fromkeys([*([root] if root else []), *bundle.files]):
        try:
            with open_plain(bundle.toplevel / file) as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
        except OSError:
            continue
        readable = file in bundle.files
        text = data[:MAX_FILE_BYTES].decode("utf-8" if readable else "ascii", "replace")
        found[file] = SpecText(file, tuple(text.split("\n")), bundle.document(file) if readable else None)
    return found


def _as_finding(error: SpecError) -> Finding:
    found = _WHERE.fullmatch(error.where)
    place = None
    if found is not None and found["file"]:
        place = Position(found["file"], int(found["line"] or 1), found["key"] or "")
    return Finding(error.code, error.what, place, error.why, error.next_step)


def _at_its_line(finding: Finding, texts: dict[str, SpecText]) -> Finding:
    """Return a finding moved to the line of a script that it is about."""
    place = finding.position
    if place is None or not finding.excerpt or place.file not in texts:
        return finding
    line = texts[place.file].line_of(finding.excerpt, place.line)
    return replace(finding, position=Position(place.file, line, place.key))


def _shown(finding: Finding) -> Finding:
    """Return a finding whose text is safe to print."""
    place = finding.position
    return replace(
        finding,
        what=visible(finding.what),
        why=visible(finding.why),
        next_step=visible(finding.next_step),
        position=Position(visible(place.file), place.line, visible(place.key)) if place is not None else None,
    )


def _explained(finding: Finding) -> Finding:
    """Return a finding with the reason and remedy of its rule if it has none."""
    from recast.spec.rulebook import RULES

    rule = RULES.get(finding.code)
    if rule is None:
        return finding
    return replace(finding, why=finding.why or rule.why, next_step=finding.next_step or rule.fix)


def _without(finding: Finding, secrets: set[str]) -> Finding:
    """Return a finding whose text contains no secret."""
    from recast.secret_text import redacted

    place = finding.position
    return replace(
        finding,
        what=redacted(finding.what, secrets),
        why=redacted(finding.why, secrets),
        next_step=redacted(finding.next_step, secrets),
        position=Position(place.file, place.line, redacted(place.key, secrets)) if place is not None else None,
        excerpt="",
    )


def _stops_run(finding: Finding) -> bool:
    from recast.spec.rulebook import RULES

    rule = RULES.get(finding.code)
    return finding.severity == "error" and (rule is None or rule.stops_run)


def _order(finding: Finding) -> tuple[str, int, str, str]:
    place = finding.position
    return (place.file, place.line, place.key, finding.code) if place is not None else ("", 0, "", finding.code)
