"""A tiny image for the runtimes' tests: made of this machine's own shell."""

import pytest
from tinyroot import make_layout, make_root


@pytest.fixture(scope="session")
def tiny_root(tmp_path_factory):
    return make_root(tmp_path_factory.mktemp("tiny") / "root")


@pytest.fixture(scope="session")
def tiny_layout(tmp_path_factory, tiny_root):
    layout = tmp_path_factory.mktemp("layout")
    return layout, make_layout(tiny_root, layout)
