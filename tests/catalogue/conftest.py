"""A small entry with its spec, ready to be published, and a catalogue to publish into."""

from __future__ import annotations

import pytest
from catalogue_parts import Checkout

from recast.catalogue import Catalogue
from recast.catalogue.publish import publish


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def catalogue(tmp_path):
    return Catalogue(tmp_path / "store")


@pytest.fixture
def published(checkout, catalogue):
    return publish(checkout.entry, catalogue.store).version
