"""A form on its way through a request of HTTP, and the page that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from recast.errors import InputError
from recast.json_types import JsonObject
from recast.service.asked import Asked
from recast.service.pages.catalogue.check import shown_check
from recast.service.pages.form.about import About
from recast.service.pages.form.held import Held
from recast.service.pages.form.shown import shown_form
from recast.service.pages.form.writing import points_of
from recast.service.pages.frame import page
from recast.service.pages.posted.posting import Faults, Terms, terms
from recast.service.pages.words import AUDIENCES

__all__ = ["Form", "Place"]

_MOST_SUMMED = 300_000
Place = tuple[str, str]
"""The name of a place of the form, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the form holds and is about, where it is sent to, the request that it changes, and what is to be told."""

    asked: Asked
    about: About
    held: Held
    path: str = "/requests/new"
    request: str = ""
    version: int | None = None
    said: str = ""
    focus: str = ""
    faults: tuple[Place, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    found: JsonObject | None = None

    def shown(self, refused: Faults | None = None) -> Response:
        """Return the page, with what was refused at its place."""
        told = (*self.faults, *_refused(refused))
        base = self.asked.path("")
        status = refused.status if refused else 422 if told else 200
        return page(
            self.asked,
            "form.html",
            status=status,
            for_anybody=not self.request,
            heading="Change the request" if self.request else "Ask for points",
            save="Save the changes" if self.request else "Save as a draft",
            action=f"{base}{self.path}",
            analysis=self.about.analysis,
            unknown=self.about.unknown,
            of_title=self.about.title,
            said=self.said,
            terms=terms(self.version) if self.asked.actor.user else Terms(""),  # a stranger's page is the same twice
            faults=refused,
            audiences=[(key, f"{key}: {words}") for key, words in AUDIENCES.items()],
            examples=self.about.examples,
            f=shown_form(self.held, self.about.inputs, told, self.kept, self.focus, _coordinates(self.held)),
            c=None if self.found is None else shown_check(self.found, self.about.analysis, base),
        )


def _refused(faults: Faults | None) -> Iterator[Place]:
    for place, found in (faults.at if faults else {}).items():
        yield from ((place, what) for what in found)


def _coordinates(held: Held) -> list[JsonObject]:
    """Return where the points of a table lie; none if it cannot be read, or is too long to be read for a summary."""
    if not held.table.strip() or len(held.table) > _MOST_SUMMED:
        return []
    try:
        return [point.coordinates for point in points_of(held)]
    except InputError:
        return []
