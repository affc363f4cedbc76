"""Which answer of each point counts: of one authority the newest that was not found unsound. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from recast.desk.model import AUTHORITIES
from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite
from recast.service.answers.limits import best_of, limits_of

__all__ = ["Chosen", "authorities_of", "authority_of", "chosen_points"]

_LONGEST_REASON = 500
_MOST_COORDINATES = 50


@dataclass(frozen=True)
class Chosen:
    """A point of a request with the answer that counts for it, if its reader may see one.

    `limit` is the one with the best expected sensitivity, None without limits; `regions` is how many there are.
    """

    point: JsonObject
    answer: JsonObject | None
    limit: JsonDict | None = None
    regions: int = 0
    coordinates: JsonDict = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id of the point."""
        return str(self.point.get("id") or "")

    @property
    def verdict(self) -> str:
        """One of excluded, allowed, undecided, none (an answer without a limit), failed, withheld, waiting."""
        if self.limit is not None:
            return {True: "excluded", False: "allowed", None: "undecided"}[self.limit["excluded"]]
        if self.answer is not None:
            return "failed" if not self.answer.get("results") else "none"
        if self.point.get("state") == "failed":
            return "failed"
        return "withheld" if any(it.get("withheld") for it in _items(self.point.get("answers"))) else "waiting"

    @property
    def reason(self) -> str:
        """Why there are no results, as far as the reader may know."""
        found = self.answer.get("reason") if self.answer is not None else ""
        return str(found or self.point.get("reason") or "")[:_LONGEST_REASON]


def authorities_of(document: JsonObject) -> list[JsonDict]:
    """Return the authorities whose answers a reader sees, each with how many points it has answered."""
    counts = dict.fromkeys(AUTHORITIES, 0)
    for point in _items(document.get("points")):
        for name in {str(it.get("authority")) for it in _seen(point)} & counts.keys():
            counts[name] += 1
    return [{"authority": name, "points": number} for name, number in counts.items() if number]


def authority_of(authorities: Sequence[JsonObject], wanted: str) -> str:
    """Return the wanted authority if it has answers, else the one with most points; empty if there is none."""
    names = [str(it["authority"]) for it in authorities]
    most = max(authorities, key=lambda it: it["points"], default={"authority": ""})
    return wanted if wanted in names else str(most["authority"])


def chosen_points(document: JsonObject, authority: str) -> list[Chosen]:
    """Return all points of the document of a request, in their order, each with its answer of one authority."""
    return [_chosen(point, authority) for point in _items(document.get("points"))]


def _chosen(point: JsonObject, authority: str) -> Chosen:
    fitting = [it for it in _seen(point) if it.get("authority") == authority]
    sound = [it for it in fitting if it.get("state") != "rejected"]
    answer = sound[-1] if sound else None
    limits = limits_of(answer.get("results")) if answer is not None else []
    limit = best_of(limits)
    return Chosen(point, answer, limit, len(limits), dict(_coordinates(point.get("coordinates"))))


def _seen(point: JsonObject) -> Iterator[JsonObject]:
    """Yield the answers whose results the reader may read."""
    return (it for it in _items(point.get("answers")) if it.get("withheld") is not True)


def _coordinates(found: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Yield coordinates that tables and plots can show."""
    for name, value in list(found.items() if isinstance(found, dict) else ())[:_MOST_COORDINATES]:
        if isinstance(value, (str, bool)) or is_finite(value):
            yield str(name), value


def _items(found: JsonValue) -> list[JsonObject]:
    return [it for it in found if isinstance(it, dict)] if isinstance(found, (list, tuple)) else []
