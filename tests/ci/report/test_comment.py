"""A summary as a comment on a request."""

from __future__ import annotations

from recast.ci.report.comment import for_comment

SUMMARY = "# moved: 3 limits\n\n| a |\n\n![CLs, \\[a\\]](plots/cls-a.svg)\n\n- built: `x`\n"


def test_the_picture_is_loaded_from_the_page() -> None:
    told = for_comment(SUMMARY, "https://ci.example.org/p1/1/recast-ci/")
    assert "![CLs, \\[a\\]](https://ci.example.org/p1/1/recast-ci/plots/cls-a.svg)\n" in told


def test_a_picture_that_nobody_could_load_is_left_out() -> None:
    assert for_comment(SUMMARY, "") == "# moved: 3 limits\n\n| a |\n\n- built: `x`\n"


def test_what_a_stranger_wrote_is_not_a_picture_of_ours() -> None:
    text = "x ![y](plots/z.svg)\n![y](../../plots/z.svg)\n"
    assert for_comment(text, "https://ci.example.org/") == text
