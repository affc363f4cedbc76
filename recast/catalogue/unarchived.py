"""Known published searches with a public likelihood, archived or not (`known.yml`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import resources

from recast.errors import NotFound
from recast.json_types import JsonDict

__all__ = ["NOT_ARCHIVED", "KnownSearch", "known_searches", "known_texts", "not_archived"]

NOT_ARCHIVED = "not archived"


@dataclass(frozen=True, slots=True)
class KnownSearch:
    """A published search; identifiers that the sources do not give are empty; `inspire` is a record number."""

    analysis: str
    title: str
    collaboration: str
    inspire: int
    sources: tuple[str, ...]
    arxiv: str = ""
    doi: str = ""
    hepdata_doi: str = ""
    page: str = ""

    @property
    def links(self) -> dict[str, str]:
        """Links to more information, by kind."""
        links = {
            "arxiv": self.arxiv and f"https://arxiv.org/abs/{self.arxiv}",
            "paper": self.doi and f"https://doi.org/{self.doi}",
            "inspire": f"https://inspirehep.net/literature/{self.inspire}",
            "hepdata": self.hepdata_doi and f"https://doi.org/{self.hepdata_doi}",
            "page": self.page,
        }
        return {kind: link for kind, link in links.items() if link}

    @property
    def next_step(self) -> str:
        """What to type to archive it."""
        return f"recast catalogue create {self.analysis} --shape likelihood"

    def as_json(self) -> JsonDict:
        """Return the search as `recast catalogue show -o json` prints it."""
        return {**asdict(self), "sources": list(self.sources), "state": NOT_ARCHIVED, "links": self.links}

    def cannot_run(self) -> NotFound:
        """Return the error for an attempt to run it."""
        return NotFound(
            f"{self.analysis} is known, but not archived: there is nothing to run yet",
            where=self.links.get("hepdata", self.links["inspire"]),
            why=f"{self.title}. Its likelihood is public, but it is not in this catalogue.",
            next_step=f"{self.next_step}   (or ask who has it: recast catalogue show {self.analysis})",
            code="catalogue.not-archived",
        )


def known_searches() -> dict[str, KnownSearch]:
    """Return all known searches by the name that their entry has or would have, in the order of the list."""
    import yaml

    text = (resources.files("recast.catalogue") / "known.yml").read_text(encoding="utf-8")
    found = [KnownSearch(**{**item, "sources": tuple(item["sources"])}) for item in yaml.safe_load(text)]
    return {item.analysis: item for item in found}


def known_texts() -> dict[str, str]:
    """Return text that identifies each known search besides its name: arXiv and INSPIRE numbers, DOIs."""
    return {
        name: " ".join(map(str, (item.arxiv, item.inspire, item.doi, item.hepdata_doi)))
        for name, item in known_searches().items()
    }


def not_archived(archived: Iterable[str]) -> list[KnownSearch]:
    """Return the known searches that are not among the archived analyses."""
    there = set(archived)
    return [item for name, item in known_searches().items() if name not in there]
