"""Colours of terminals, safely: text is neither lost nor made invisible, and nothing else is obeyed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recast.masked import masked
from recast.service.logs.terminal import PLAIN, Style, plain, shown, styled
from recast.terminal_safe import is_invisible

_ALLOWED = {f"t-{it}" for it in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")}
_ALLOWED |= {f"t-{it}" for it in ("bold", "faint", "slanted", "lined", "struck")}
_TEXTS = some.text(some.sampled_from("ab \x1b[]()0123456789;:mKHJ?\x07\\\r\n\t\u202e\u200b\x9b#é"), max_size=120)


def _same(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("plain\n", [("", "plain\n")]),
        ("\x1b[31mred\x1b[0m not\n", [("t-red", "red"), ("", " not\n")]),
        ("\x1b[1;4;92mok\x1b[m\n", [("t-green t-bold t-lined", "ok"), ("", "\n")]),
        ("\x1b[38;5;196mx\x1b[38;2;10;200;30my\x1b[39mz\n", [("t-red", "x"), ("t-green", "y"), ("", "z\n")]),
        ("\x1b[48;5;1;31mx\n", [("t-red", "x\n")]),  # of a background only its length counts
        ("\x1b[8;30;40mhidden\n", [("t-black", "hidden\n")]),  # what a terminal would conceal is seen
        ("\x1b[Ka\x1b[2Jb\x1b[10;10Hc\x1b]0;title\x07d\x1b]8;;http://x\x1b\\e\n", [("", "abcde\n")]),
        ("1 %\r2 %\r\ndone\r\n", [("", "1 %\n2 %\ndone\n")]),
        ("\x1b[31", [("", "\\u001b[31\n")]),
        ("\x08\u202e\x9b31m\n", [("", "\\u0008\\u202e\\u009b31m\n")]),
    ],
)
def test_what_is_shown(text: str, pieces: list[tuple[str, str]]) -> None:
    assert shown(text, _same) == pieces


@given(_TEXTS)
def test_any_text_is_harmless_and_complete(text: str) -> None:
    pieces = shown(text, _same)
    told = "".join(words for _, words in pieces)
    assert not any(is_invisible(letter) for letter in told if letter not in "\n\t")
    assert all(set(classes.split()) <= _ALLOWED for classes, _ in pieces)
    assert [it for it in told if it in "#é"] == [it for it in plain(text) if it in "#é"]


@given(some.text(some.sampled_from("0123456789;:"), max_size=200))
def test_any_codes_leave_one_of_few_styles(codes: str) -> None:
    _, style = styled(f"\x1b[{codes}m")
    assert isinstance(style, Style) and set(style.classes.split()) <= _ALLOWED


def test_the_style_goes_on_in_the_next_line() -> None:
    pieces, style = styled("\x1b[35mbegin")
    assert pieces == [(Style("magenta"), "begin")] and styled("goes on", style)[0] == [(Style("magenta"), "goes on")]
    assert styled("x")[1] == PLAIN


def test_a_secret_is_not_shown_by_a_change_of_colour_within_it() -> None:
    token = f"ghp_{'a' * 18}\x1b[31m{'b' * 18}"
    told = "".join(words for _, words in shown(f"password is {token} here\n", masked))
    assert "aaaa" not in told and "bbbb" not in told and "***" in told
