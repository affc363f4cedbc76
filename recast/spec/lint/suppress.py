"""`# recast: allow CODE reason`: how the author of a spec suppresses a finding, with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from recast.spec.findings import Finding
from recast.spec.lint.texts import SpecText
from recast.spec.rulebook import RULES

__all__ = ["Silenced", "silence"]

_COMMENT = re.compile(r"#\s*recast:\s*allow\b\s*(?P<code>\S*)\s*(?P<reason>.*?)\s*$")
_ALONE = re.compile(r"\s*#\s*recast:\s*allow\b")


@dataclass(frozen=True, slots=True)
class Silenced:
    """A finding that a comment allows, and the reason that the comment gives."""

    finding: Finding
    reason: str


@dataclass
class _Allow:
    """One comment, and whether it suppressed anything."""

    text: SpecText = field(repr=False)
    line: int
    code: str
    reason: str
    used: bool = False

    @property
    def covers(self) -> range:
        """Return the lines it speaks of: its own, and if it stands alone the next one that is no such comment."""
        last = self.line
        if _ALONE.match(self.text.lines[self.line - 1]):
            while last < len(self.text.lines) and _ALONE.match(self.text.lines[last - 1]):
                last += 1
        return range(self.line, last + 1)


def silence(findings: Iterable[Finding], texts: Mapping[str, SpecText]) -> tuple[list[Finding], list[Silenced]]:
    """Return the remaining findings, including those on comments without effect, and the suppressed ones.

    What would stop a run cannot be suppressed, because a run does not read comments.
    """
    allows = [allow for text in texts.values() for allow in _allows(text)]
    by_place = {(allow.text.file, line, allow.code): allow for allow in allows if allow.reason for line in allow.covers}
    left: list[Finding] = []
    silenced: list[Silenced] = []
    for finding in findings:
        place = finding.position
        allow = by_place.get((place.file, place.line, finding.code)) if place is not None else None
        if allow is None or _stops(finding):
            left.append(finding)
        else:
            allow.used = True
            silenced.append(Silenced(finding, allow.reason))
    left += [finding for allow in allows if not allow.used for finding in _idle(allow)]
    return left, silenced


def _allows(text: SpecText) -> Iterator[_Allow]:
    for number, line in enumerate(text.lines if "recast:" in text.whole else (), 1):
        found = _COMMENT.search(line) if "recast:" in line else None
        if found is not None:
            code = found["code"].rstrip(":,")
            yield _Allow(text, number, code if code.startswith("spec.") else f"spec.{code}", found["reason"])


def _stops(finding: Finding) -> bool:
    rule = RULES.get(finding.code)
    return finding.severity == "error" and (rule is None or rule.stops_run)


def _idle(allow: _Allow) -> Iterator[Finding]:
    """Yield the finding that says why a comment has no effect."""
    from recast.suggest import did_you_mean

    rule = RULES.get(allow.code)
    if rule is None:
        slugs = [other.slug for other in RULES.values()]
        what, remedy = (
            f"There is no rule {allow.code.removeprefix('spec.')!r}",
            did_you_mean(allow.code, slugs, what="rules"),
        )
    elif not allow.reason:
        what, remedy = f"The comment allows {allow.code}, but gives no reason", "Write the reason behind the code."
    elif rule.stops_run:
        what, remedy = f"{allow.code} stops a run, so it cannot be allowed", "Fix it, and remove the comment."
    else:
        what, remedy = f"Nothing here is found by {allow.code}", "Remove the comment."
    place = allow.text.position(allow.line)
    yield Finding("spec.allow", what, place, RULES["spec.allow"].why, remedy, "warning")
