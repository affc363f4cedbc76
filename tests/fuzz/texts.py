"""Texts that are read as more than text: patterns, templates, paths of stages, scripts; and texts that are shown."""

from __future__ import annotations

import contextlib
import json

from recast.applies.chains import chain_faults
from recast.applies.events import beam_energies_gev, kind_of, needs_of_events, unpacked
from recast.applies.slha import BadSpectrum, read_spectrum
from recast.errors import RecastError
from recast.masked import masked, masked_json, masked_url
from recast.remote.hosts import shown
from recast.spec.lint.shell import commands
from recast.spec.templates import TemplateError, placeholders
from recast.terminal_safe import is_invisible, json_visible, one_line, visible
from recast.workflow.discover import has_magic, matches
from recast.workflow.interpolate import fill, fill_command
from recast.workflow.paths import parse_path
from tests.fuzz.border import Border
from tests.fuzz.mutations import mutated_bytes, mutated_parts

__all__ = ["BORDERS"]

_SEPARATOR = b"\n--\n"
_FILES = tuple(f"{'a' * (i % 40)}/{'ab' * (i % 7)}{i}/f{i}.root" for i in range(100))
_ARGUMENTS = {"x": "1", "y": [1, "a b", {}], "z": {"k": [1]}, "n": None, "": 1.5}


def feed_pattern(data: bytes) -> None:
    """A pattern of a spec over names that a step left."""
    pattern, _, names = data.partition(_SEPARATOR)
    left = [name for name in names.decode("utf-8", "surrogateescape").split("\n")[:50] if name.strip("/")]
    text = pattern.decode("utf-8", "surrogateescape")
    has_magic(text)
    for listing in (left, list(_FILES)):
        found = matches(text, listing)
        assert len(found) == len(set(found))


def feed_template(data: bytes) -> None:
    """A command, a script or a path of a stage, with values put in."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(TemplateError):
        list(placeholders(text))
    for filled in (fill, fill_command):
        with contextlib.suppress(RecastError):
            assert len(filled(text, _ARGUMENTS, "here")) < 100 * len(text) + 10_000, "it grew beyond reason"
    list(commands(text))
    with contextlib.suppress(RecastError):
        parse_path(text)


def feed_shown(data: bytes) -> None:
    """A text that goes to a terminal, into a log or into a record."""
    for text in {data.decode("utf-8", "replace"), data.decode("utf-8", "surrogateescape"), data.decode("latin-1")}:
        for out in (visible(text), one_line(text), visible(masked(text))):
            assert not any(is_invisible(letter) for letter in out if letter != "\n"), "a terminal would obey it"
        assert "\n" not in one_line(text)
        assert json.loads(json_visible(json.dumps(text, ensure_ascii=False))) == text, "another document"
        json.dumps(masked_json({text: [text], "token": text}))
        masked_url(text)
        with contextlib.suppress(RecastError):
            shown(text)


def feed_spectrum(data: bytes) -> None:
    """A spectrum that somebody hands in, or whatever a file with that name holds."""
    head = unpacked(data)
    kind_of(head)
    beam_energies_gev(head)
    needs_of_events(head)
    with contextlib.suppress(BadSpectrum):
        found = read_spectrum(data)
        assert all(mass >= 0.0 for mass in found.masses.values())
        list(chain_faults(list(found.decays), found.masses, found.decays, [1000022], 1.0))


_SPECTRA = (
    b"BLOCK SPINFO\n 4\nBLOCK MASS # GeV\n 1000021 2.0D+03\n 1000022 -100.\nDECAY 1000021 1.0\n 0.6 3 1000022 1 -1\n"
    b" 0.4 2 1000023 21\nDECAY 1000023 1E-3\n 1.0 2 1000022 22\nXSECTION 13000 2212 2212 2 1000021 1000021\n"
    b" 0 2 0 1 1 0 1E-3\n",
    b"<LesHouchesEvents>\n<header>\n 1 = ickkw\n</header>\n<init>\n2212 2212 6.5D+03 6.5E+03 0 0 0 0 -4 1\n",
    b"\x1f\x8b\x08\0\0\0\0\0\0\x03KLJN\x01\0\xc2A$5\x04\0\0\0",
)  # fmt: skip
_PATTERNS = (
    b"*.txt\n--\na.txt\nsub/b.txt", b"**/*.root\n--\na/b/c.root\nd.root", b"./[a-c]?/x\n--\nab/x",
    b"sub/**\n--\nsub/a\nsub/",
)  # fmt: skip
_TEMPLATES = (
    b"run {x} --n {z[k][0]:>5} {{literal}} {y}\n", b"a.[*].b\n",
    b"cat <<'END'\n{x!r}\nEND\necho \"a\n b\" && \\\n  c\n",
)  # fmt: skip
_SHOWN = (
    b"https://user:pw@example.org/a;jwt=x?authz=abc&page=2#f\n", "a\u202eb\x1b[31m\u200b\n".encode(),
    b"token=abc plain",
    b"Authorization: Bearer eyJhbGciOi.eyJzdWIi.c2ln\n",
)  # fmt: skip

BORDERS = [
    Border("pattern", feed_pattern, lambda: [*_PATTERNS], mutated_parts(_SEPARATOR, mutated_bytes)),
    Border("spectrum", feed_spectrum, lambda: [*_SPECTRA]),
    Border("template", feed_template, lambda: [*_TEMPLATES]),
    Border("shown", feed_shown, lambda: [*_SHOWN]),
]
