"""What a form is about: the version whose inputs it takes, as far as whoever asks may know it."""

from __future__ import annotations

from dataclasses import dataclass

from recast.errors import NotFound
from recast.service.asked import Asked
from recast.service.pages.form.fields import Example, InputField, examples_of, fields_of
from recast.service.pages.shape import mapping, text
from recast.service.told import analysis_told, version_told

__all__ = ["About", "about"]


@dataclass(frozen=True, slots=True)
class About:
    """An analysis with what its version takes; `unknown` is the name of one that is not there."""

    analysis: str = ""
    title: str = ""
    inputs: tuple[InputField, ...] = ()
    examples: tuple[Example, ...] = ()
    unknown: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs, in their order."""
        return tuple(it.name for it in self.inputs)


def about(asked: Asked, analysis: str, version: str = "") -> About:
    """Return what a form for an analysis is about: that version of it, or the one that stands for it."""
    if not analysis:
        return About()
    reading = asked.to("read")
    try:
        record = analysis_told(reading, analysis)
    except NotFound:
        return About(unknown=analysis)
    if version and version != record.get("version"):
        try:
            record = version_told(reading, analysis, version)
        except NotFound:
            record = {"title": record.get("title")}
    return About(
        analysis, text(record.get("title"), 300), fields_of(mapping(record.get("inputs"))), examples_of(record)
    )
