"""What to cite for a result, in this order: the paper, its data on HEPData, the version that ran, this software."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from recast._version import __version__
from recast.json_types import JsonDict
from recast.masked import masked_json
from recast.results.subject import Subject
from recast.terminal_safe import visible

__all__ = ["FILES", "Citation", "as_rows", "bibtex", "cff", "citations", "files_of", "in_words"]

FILES = ("CITATION.bib", "CITATION.cff")
_TITLE = "RECAST: a framework that keeps collider searches alive"
_TEAM = "The RECAST team"
_COMMANDS = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_LATEX = {ord(letter): words for letter, words in _COMMANDS.items()} | {ord(it): f"\\{it}" for it in "&%$#_{}"}


@dataclass(frozen=True, slots=True)
class Citation:
    """One thing to cite. `role` is paper, data, version or software; `author` a collaboration or a team."""

    role: str
    title: str
    author: str
    year: str = ""
    arxiv: str = ""
    doi: str = ""
    url: str = ""
    version: str = ""
    note: str = ""

    @property
    def words(self) -> str:
        """Return the citation as one line of text."""
        places = [f"arXiv:{self.arxiv}"] * bool(self.arxiv) + [f"doi:{self.doi}"] * bool(self.doi)
        places += [self.url] * (bool(self.url) and not places)
        parts = [f'{self.author}, "{self.title}"', self.version, *places, self.note]
        return ", ".join(part for part in parts if part)

    def as_json(self) -> dict[str, str]:
        """Return the citation as a JSON object, without what is not known."""
        keys = ("role", "title", "author", "year", "arxiv", "doi", "url", "version", "note")
        return {key: getattr(self, key) for key in keys if getattr(self, key)}


def citations(subject: Subject) -> list[Citation]:
    """Return what to cite for a run or a version; without metadata only the version and the software are known."""
    metadata, known = subject.metadata, {key: str(value) for key, value in subject.references.items() if value}
    found = []
    if metadata:
        author = f"{metadata.get('collaboration', '')} Collaboration".strip()
        title = " ".join(str(metadata.get("title", "")).split())
        arxiv, note = known.get("arxiv", ""), known.get("note", "")
        found.append(Citation("paper", title, author, _year(arxiv), arxiv, known.get("doi", ""), note=note))
        if record := known.get("hepdata") or known.get("hepdata_doi"):
            url = f"https://www.hepdata.net/record/{known['hepdata']}" if known.get("hepdata") else ""
            doi, named = known.get("hepdata_doi", ""), f"HEPData record {record} of: {title}"
            found.append(Citation("data", named, author, doi=doi, url=url))
    if subject.reference:
        analysis, _, number = subject.reference.partition("@")
        said = f"digest {subject.digest}; authority of the result: {subject.authority}"
        found.append(
            Citation("version", f"{analysis}, preserved analysis", "RECAST catalogue", version=number, note=said)
        )
    return [*found, Citation("software", _TITLE, _TEAM, version=__version__)]


def in_words(subject: Subject) -> list[str]:
    """Return the citations as lines, the paper first."""
    return [visible(one.words) for one in citations(subject)]


def bibtex(found: Sequence[Citation], key: str) -> str:
    """Return the citations as BibTeX; `key` begins the keys of all entries."""
    return "\n".join(_entry(one, f"{re.sub(r'[^A-Za-z0-9.-]', '-', key)}-{one.role}") for one in found)


def _entry(one: Citation, key: str) -> str:
    fields = {
        "author": f"{{{_latex(one.author)}}}",
        "title": f"{{{_latex(one.title)}}}",
        "year": one.year,
        "eprint": _latex(one.arxiv),
        "archivePrefix": "arXiv" * bool(one.arxiv),
        "doi": _latex(one.doi),
        "url": _latex(one.url),
        "version": _latex(one.version),
        "note": _latex(one.note),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{'article' if one.role == 'paper' else 'misc'}{{{key},", *lines, "}", ""])


def cff(found: Sequence[Citation], subject: Subject) -> str:
    """Return the citations as a file CITATION.cff (version 1.2.0), whose preferred citation is the paper."""
    own = next((one for one in found if one.role == "version"), found[-1])
    others = [one for one in found if one is not own]
    document = {
        "cff-version": "1.2.0",
        "message": "Cite the paper first, then its data on HEPData, then this version, then the software.",
        "type": "software",
        **_reference(own),
        **({"identifiers": [{"type": "other", "value": subject.digest}]} if subject.digest else {}),
        **({"preferred-citation": _typed(others[0])} if others and others[0].role == "paper" else {}),
        **({"references": [_typed(one) for one in others]} if others else {}),
    }
    return yaml.dump(masked_json(document), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120)


def files_of(subject: Subject) -> dict[str, bytes]:
    """Return the citation files of an export: BibTeX and CFF."""
    found = citations(subject)
    key = subject.reference.replace("@", "-") or "recast"
    texts = (bibtex(found, key), cff(found, subject))
    return {name: text.encode("utf-8") for name, text in zip(FILES, texts, strict=True)}


def _typed(one: Citation) -> JsonDict:
    kinds = {"paper": "article", "data": "data", "version": "software", "software": "software"}
    return {"type": kinds[one.role], **_reference(one)}


def _reference(one: Citation) -> JsonDict:
    found: JsonDict = {"title": visible(one.title), "authors": [{"name": visible(one.author)}]}
    found |= {"year": int(one.year)} if one.year else {}
    found |= {key: visible(value) for key, value in (("doi", one.doi), ("url", one.url)) if value}
    found |= {"version": one.version} if one.version else {}
    notes = [*([f"arXiv:{one.arxiv}"] if one.arxiv else []), *([one.note] if one.note else [])]
    return found | ({"notes": visible("; ".join(notes))} if notes and one.role != "version" else {})


def _year(arxiv: str) -> str:
    """Return the year of an arXiv identifier: 1908.03122 is from 2019."""
    match = re.fullmatch(r"(\d\d)\d\d\.\d{4,5}(v\d+)?", arxiv)
    return f"20{match[1]}" if match else ""


def _latex(text: str) -> str:
    """Return an untrusted text for BibTeX: one line, visible characters, no commands."""
    return visible(" ".join(text.split())).translate(_LATEX)


def as_rows(found: Sequence[Citation]) -> list[Mapping[str, str]]:
    """Return the citations as rows of a table."""
    return [{"what": one.role, "cite": one.words} for one in found]
