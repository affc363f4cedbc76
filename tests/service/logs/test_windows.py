"""Parts of a log: whole lines from any place and either side, without loss and without anything twice."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recast.service.logs.cuts import LONGEST, PIECE
from recast.service.logs.told import Asking, StepLog
from recast.service.logs.whole import whole_log
from recast.service.logs.window import Window, lines_before, lines_from

_TOKEN = b"ghp_" + b"a" * 36


_SIZES = [0, 1, 7, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, LONGEST - 1, LONGEST, LONGEST + 1, 5 * PIECE + 3]
_LONG = some.lists(some.sampled_from(_SIZES), max_size=6)
"""How long lines are: around the length at which they are cut, and beyond."""


def _of(sizes: list[int]) -> bytes:
    """Return a log with lines of some sizes; the last has no end."""
    return b"\n".join(b"x" * size for size in sizes)


def _onward(log: Path, limit: int, *, ended: bool = True) -> list[Window]:
    windows, offset = [], 0
    while (window := lines_from(log, offset, limit, ended=ended)).next > offset:
        windows.append(window)
        offset = window.next
    return windows


def _back(log: Path, lines: int, limit: int) -> list[Window]:
    windows, end = [], None
    while (window := lines_before(log, end, lines, limit, ended=True)).start < window.next:
        windows.append(window)
        end = window.start
    return windows[::-1]


def _places(windows: list[Window]) -> list[int]:
    assert all(before.next == after.start for before, after in pairwise(windows))
    return [it.start for it in windows] + [windows[-1].next] if windows else []


@given(some.binary(max_size=300), some.integers(1, 60), some.integers(1, 5))
def test_from_the_end_windows_make_up_the_log(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, limit: int, lines: int
) -> None:
    log = tmp_path_factory.mktemp("log") / "log"
    log.write_bytes(content)
    windows = _back(log, lines, limit)
    assert b"".join(content[it.start : it.next] for it in windows) == content
    assert all(content[it.start : it.next].rstrip(b"\n").count(b"\n") < lines for it in windows if it.content.strip())
    assert not windows or _places(windows)[0] == 0


@given(_LONG, some.integers(1, 3 * LONGEST), some.integers(1, 3 * LONGEST))
def test_all_readers_see_the_same_cuts(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], limit: int, offset: int
) -> None:
    log, content = tmp_path_factory.mktemp("log") / "log", _of(sizes)
    log.write_bytes(content)
    finest = set(_places(_onward(log, 1)))
    assert set(_places(_back(log, 1, 1))) == finest
    assert set(_places(_onward(log, limit))) <= finest and set(_places(_back(log, 3, limit))) <= finest
    assert max((b - a for a, b in pairwise(sorted(finest))), default=0) <= LONGEST
    anywhere = lines_from(log, offset, 1, ended=True)
    assert anywhere.start == min((it for it in finest if it >= offset), default=len(content))
    assert b"".join(whole_log(log, ended=True)) == content


@given(_LONG, some.integers(0, 6 * PIECE))
def test_what_is_written_later_moves_no_cut(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], written: int
) -> None:
    log, content = tmp_path_factory.mktemp("log") / "log", _of(sizes)
    log.write_bytes(content[:written])
    before = _places(_onward(log, 1, ended=False))
    log.write_bytes(content)
    assert set(before) <= set(_places(_onward(log, 1)))


def test_a_line_of_a_hundred_megabytes_is_passed_in_pieces(tmp_path: Path, home: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.truncate(100_000_000)  # zeros, which take no room
        file.seek(0, os.SEEK_END)
        file.write(b"\nlast\n")
    newest = lines_before(log, None, 1000, 1 << 18, ended=True)
    assert newest.next - newest.start <= 1 << 18 and newest.content.endswith(b"\nlast\n")
    earlier = lines_before(log, newest.start, 1000, 1 << 18, ended=True)
    assert earlier.next == newest.start and earlier.next - earlier.start > 1 << 17


def test_no_half_of_a_secret_is_shown_where_a_line_is_cut(tmp_path: Path, home: Path) -> None:
    log = tmp_path / "log"
    for shift in range(-len(_TOKEN), 1):
        log.write_bytes(b"x" * (2 * PIECE + shift - 1) + b" " + _TOKEN + b" " + b"y" * (3 * PIECE) + b"\n")
        windows = _onward(log, 1)
        assert len(windows) > 2
        for window in windows:
            assert len(window.content) == window.next - window.start
            told = b"".join(whole_log(log, ended=True)) + window.content
            assert not any(_TOKEN[at : at + 12] in told.replace(_TOKEN, b"") for at in range(len(_TOKEN) - 12)), shift


def test_a_log_that_was_replaced_or_cut_short_is_read_anew(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\n")
    log = StepLog("r", "/fit/0", 1, path, ended=False)
    first, again = log.window(Asking())
    assert not again and first.next == 8
    assert log.window(Asking(offset=8, file=first.file)) == (Window(8, 8, 8, b"", first.file), False)
    path.write_bytes(b"1\n")
    assert log.window(Asking(offset=8, file=first.file)) == (Window(0, 2, 2, b"1\n", first.file), True)
    (tmp_path / "other").write_bytes(b"another log, longer\n")
    (tmp_path / "other").rename(path)
    window, again = log.window(Asking(offset=2, file=first.file))
    assert again and window.start == 0 and window.text == "another log, longer\n"
    assert log.window(Asking(from_end=True, before=20, file=window.file))[0].start == 0
    path.unlink()
    assert log.window(Asking(offset=2, file=window.file))[0].size == 0
