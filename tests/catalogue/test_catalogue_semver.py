"""Versions are ordered as semver.org says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.catalogue.semver import Semver

ORDERED = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
           "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"]  # fmt: skip


@given(st.permutations(ORDERED))
def test_order(texts):
    assert sorted(texts, key=Semver.parse) == ORDERED


@pytest.mark.parametrize(
    "text", ["1", "1.0", "1.0.0.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+b", "1.0.0\n", ""]
)
def test_what_is_no_version(text):
    with pytest.raises(ValueError, match="three numbers"):
        Semver.parse(text)
