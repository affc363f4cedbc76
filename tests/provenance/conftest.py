"""Crates of real runs, made by somebody or by nobody."""

from __future__ import annotations

import pytest

WHO = {
    "RECAST_USER_NAME": "Ada Byron",
    "RECAST_USER_ORCID": "0000-0002-1825-0097",
    "RECAST_USER_AFFILIATION": "Example University",
    "RECAST_USER_AFFILIATION_URL": "https://www.example.org",
}


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests does not matter."""
    for name in WHO:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def somebody(nobody: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user has said who it is."""
    for name, value in WHO.items():
        monkeypatch.setenv(name, value)
