"""The words and the tones of runs and steps."""

from __future__ import annotations

__all__ = ["COLUMNS", "COUNTED_WORDS", "SORTS", "SORTS_INSIDE", "STATES", "TONES", "tone_of"]

STATES = {
    "waiting": ("Waiting: it is not created yet.", "care"),
    "created": ("Created: it begins in a moment.", "care"),
    "running": ("Running.", "care"),
    "paused": ("Paused: nothing is submitted until it is fixed what is in the way; running jobs continue.", "care"),
    "interrupted": ("Interrupted: nobody drives it now. What it has done is kept.", "bad"),
    "succeeded": ("Done: every step has succeeded.", "good"),
    "failed": ("Failed: not every step could be done. Points whose steps are done have their answers.", "bad"),
    "cancelled": ("Cancelled.", "bad"),
    "ended": ("Ended.", "care"),
}
"""States of runs, each with its words and the tone of its banner."""

COLUMNS = ("waiting", "idle", "running", "done", "cached", "failed", "held", "lost", "cancelled", "skipped")
"""What the steps of a stage are counted as, in the order of the table."""

COUNTED_WORDS = {
    "waiting": "wait for others, for their next try or for a free slot",
    "idle": "are queued by the executor",
    "running": "run",
    "done": "have succeeded",
    "cached": "were taken from the cache",
    "failed": "have failed",
    "held": "are held by the batch system until somebody intervenes",
    "lost": "were lost: no outcome and no job",
    "cancelled": "were cancelled",
    "skipped": "were skipped: the run ended before their turn",
}

TONES = {
    "good": ("done", "cached"),
    "now": ("running",),
    "queued": ("idle", "held"),
    "open": ("waiting",),
    "bad": ("failed", "lost"),
    "off": ("cancelled", "skipped"),
}
"""The tones of bars and boxes, in the order of a bar, and what they stand for."""

_SEVERE = ("bad", "now", "queued", "open", "off", "good")
"""The first of these that a box has gives it its own."""

SORTS = {
    "": "as they came to be",
    "state": "by state",
    "-attempts": "most attempts first",
    "stage": "by stage",
    "id": "by name",
}
SORTS_INSIDE = {"-since": "changed last first", "node": "by node"}


def tone_of(counts: dict[str, int]) -> str:
    """Return the tone of steps that are counted as this and that; `open` if there are none."""
    return next((tone for tone in _SEVERE if any(counts.get(name) for name in TONES[tone])), "open")
