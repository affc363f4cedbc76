"""What the program that wrote an LHE file says of it: that it needs matching or merging, or a shower that it names.

Such events are not to be showered as they are: jets would be counted twice, and the cross section is the one before
the matching. Standard library only.
"""

from __future__ import annotations

import re

from plaintext import plain

__all__ = ["from_scale", "merging_of_event", "needs"]

# Run card of MadGraph: `1 = ickkw`; parameters of Alpgen: `1 ! ickkw`. The value decides.
SETTING = re.compile(
    r"^[\s#]*(?P<value>[^\s=!]+)\s*[=!]\s*'?(?P<name>ickkw|xqcut|ktdurham|ptlund|parton_shower)\b", re.I
)
LINES = (
    (re.compile(r"Matched Integrated weight", re.I), "MLM matching (MadGraph's own words in the header)"),
    (re.compile(r"\?(mlm|ckkw)_matching\s*=\s*true", re.I), "matching (WHIZARD)"),
    (re.compile(r"^\s*CKKW\s+\S|\bMerging:(TMS|Process)\b"), "CKKW merging"),
    (re.compile(r"^\s*#\s*aMCatNLO\b"), "MC@NLO: its weights belong to one shower"),
)
KINDS = {
    "ickkw": "MLM matching", "xqcut": "MLM matching", "ktdurham": "CKKW-L merging", "ptlund": "CKKW-L merging",
    "parton_shower": "MC@NLO: its weights belong to one shower",
}  # fmt: skip
# Number of partons at LO and NLO in merged samples; -1 means that the event is of no such sample.
PARTONS = re.compile(r"\bnp(?:N?LO)\s*=\s*[\"']\s*(-?\d+)", re.I)
POWHEG = re.compile(r"\bPOWHEG\b", re.I)


def needs(line: str) -> str:
    """Return what a line of the header says that the events need, such as `MLM matching (1 = ickkw)`; or nothing."""
    if found := SETTING.match(line):
        name, value = found["name"].lower(), found["value"].strip("'\"")
        if _asks(name, value):
            return f"{KINDS[name]} ({value} = {name})"
    return next((f"{kind}: {line.strip()[:60]!r}" for pattern, kind in LINES if pattern.search(line)), "")


def _asks(name: str, value: str) -> bool:
    if name == "parton_shower":
        return value.upper().startswith(("HERWIG", "PYTHIA"))
    size = float(plain(value) or 0.0)
    return size != 0.0 if name == "ickkw" else size > 0.0


def merging_of_event(tag: str) -> str:
    """Return what the tag that begins an event says that it needs, or nothing."""
    partons = [int(text) for text in PARTONS.findall(tag)]
    return f"merging ({tag.strip('<>')[:60]})" if any(number >= 0 for number in partons) else ""


def from_scale(line: str) -> bool:
    """Return whether a line of the header says that POWHEG made the events: the shower begins at their own scale."""
    return bool(POWHEG.search(line))
