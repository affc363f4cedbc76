"""All borders by name; both fuzzers, in the suite and out of it, take them from here."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz import archives, declared, documents, engines, layers, leavings, names, records, servers, texts, words
from tests.fuzz.border import Border

__all__ = ["FINDS", "TARGETS"]

FINDS = Path(__file__).with_name("finds")
"""What a fuzzer has found once: `finds/BORDER/ANYTHING`, replayed by the suite."""

TARGETS: dict[str, Border] = {
    border.name: border
    for room in (layers, archives, leavings, records, documents, declared, words, names, texts, servers, engines)
    for border in room.BORDERS
}
