"""Names of files that every system takes: none leads out, none is a device, no two meet where case does not count."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.service.offline.names import file_name

HOSTILE = (
    "..", ".", "", "con", "CON", "con.txt", "aux", "nul", "com1", "lpt9.x", "a/b", "a\\b", "a:b", "a*", "a?", 'a"',
    "<a>", "a|b", "a.", "a ", " a", ".a", "a..b", "A", "a", "ä", "a\u0308", "Ä",
    "\x00", "\ud800", "\u202e", "_41", "é" * 300,
    "x" * 300, "x" * 299 + "y", "ﬁ", "fi", "K", "\u212a", "1.0.0-rc.1+Build", "1.0.0-rc.1+build", "~", "-", "a" * 80,
    "a" * 81, "con" * 30,
)  # fmt: skip


def alike(name: str) -> str:
    """Return what a system takes a name for that knows neither case nor the spelling of accents."""
    return unicodedata.normalize("NFKD", name).casefold().rstrip(". ")


def check(name: str) -> None:
    made = file_name(name)
    assert made.isascii() and 0 < len(made.encode()) <= 80
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._~")
    assert made.strip(". ") == made and ".." not in made
    assert made.partition(".")[0] not in {
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{it}{n}" for it in ("com", "lpt") for n in range(10)),
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_every_system_takes_the_name(name: str) -> None:
    check(name)


def test_no_two_names_have_one_file() -> None:
    assert len({alike(file_name(name)) for name in HOSTILE}) == len(set(HOSTILE))


@given(st.text(max_size=60), st.text(max_size=60))
def test_different_names_have_different_files(one: str, other: str) -> None:
    check(one)
    assert (alike(file_name(one)) == alike(file_name(other))) == (one == other)


def test_ordinary_names_stay() -> None:
    for name in ("atlas-susy-2018-31", "1.0.0", "2.13.0-rc.1", "q4k2m7x3pa"):
        assert file_name(name) == name
    assert [file_name(it) for it in ("CMS", "..", "con", "_")] == ["_43_4d_53", "_2e_2e", "_63on", "_5f"]
