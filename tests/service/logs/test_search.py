"""Words in a log: every line that shows them is found, in bounded steps, and what is hidden is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recast.service.logs import search as room
from recast.service.logs.hidden import Hiding
from recast.service.logs.search import MOST_HITS, search


def _all(log: Path, words: str, **how: int) -> list[tuple[int, str]]:
    found, place = [], 0
    while True:
        part = search(log, words, place, ended=True, **how)
        found += [(it["offset"], it["text"]) for it in part.hits]
        assert part.next > place or part.next == part.size
        place = part.next
        if place >= part.size:
            return found


@given(some.lists(some.text("aAbB 1", max_size=12), max_size=40), some.integers(1, 50))
def test_every_line_is_found_once(tmp_path_factory: pytest.TempPathFactory, lines: list[str], step: int) -> None:
    log = tmp_path_factory.mktemp("log") / "log"
    log.write_text("\n".join(lines))
    content, place, wanted = "\n".join(lines).encode(), 0, []
    for line in content.split(b"\n"):
        if b"ab" in line.lower():
            wanted.append((place, line.decode()))
        place += len(line) + 1
    assert _all(log, "Ab", most_bytes=step) == wanted


def test_more_hits_than_are_told_at_once(tmp_path: Path, home: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"\x1b[31mer\x1b[0mror {number}\n" for number in range(250)))
    first = search(log, "error", 0, ended=True)
    assert len(first.hits) == MOST_HITS and first.hits[0] == {"offset": 0, "text": "error 0"}
    assert [text for _, text in _all(log, "ERROR")] == [f"error {number}" for number in range(250)]


def test_a_hidden_secret_is_not_found_letter_by_letter(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "ghp_" + "Zq7" * 12
    monkeypatch.setattr(room, "Hiding", lambda: _Knows(b"hunter2hunter2"))
    log = tmp_path / "log"
    log.write_text(f"the token is {token}\nthe password is hunter2\x1b[1mhunter2\nends\n")
    for words in (token, token[:9], "zq7z", "hunter2", "hunt"):
        assert _all(log, words) == [], words
    assert [place for place, _ in _all(log, "the ")] == [0, len(f"the token is {token}\n")]


class _Knows(Hiding):
    def __init__(self, *secrets: bytes) -> None:
        super().__init__(list(secrets))


def test_work_is_bounded_where_only_hidden_lines_match(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_MOST_CANDIDATES", 10)
    log = tmp_path / "log"
    log.write_text(f"token {'ghp_' + 'a' * 36}\n" * 25 + "aaaaaaaa\n")
    assert 0 < search(log, "aaaaaaaa", 0, ended=True).next < log.stat().st_size
    assert [text for _, text in _all(log, "aaaaaaaa")] == ["aaaaaaaa"]


def test_a_long_line_is_shown_around_the_words(tmp_path: Path, home: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 20_000 + b"here" + b"y" * 200_000 + b"\n" + b"\xff\x00here\n")
    found = _all(log, "here")
    assert len(found) == 2 and all("here" in text and len(text) < 310 for _, text in found)
    assert search(tmp_path / "none", "x", 0, ended=True).size == 0
