"""Times as people read them; what is none stays a text, harmless."""

from __future__ import annotations

import pytest

from recast.service.pages.times import with_time


@pytest.mark.parametrize("moment", ["2026-01-31T12:00:05Z", "2026-01-31T12:00:05.123456Z", "2026-01-31T12:00:05+00:00"])
def test_a_time_is_told_to_the_minute_and_kept_whole(moment: str) -> None:
    assert with_time(moment) == f'<time datetime="{moment}">2026-01-31 12:00 UTC</time>'


@pytest.mark.parametrize("other", ["", "yesterday", "2026-01-31T12:00:05+02:00", "<b>2026-01-31T12:00:05Z"])
def test_what_is_no_time_of_ours_is_a_text(other: str) -> None:
    assert with_time(other) == other.replace("<", "&lt;").replace(">", "&gt;")
