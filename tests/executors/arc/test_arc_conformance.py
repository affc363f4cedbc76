"""The conformance suite against a real computing element: host jobs, and containers from a registry."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.executors.batch.task import NodeImage
from recast.executors.conformance import *  # noqa: F403
from recast.executors.conformance import Case
from recast.images import ImageStore
from recast.registry import Registry
from recast.runtimes import runtime_by_name
from tests.executors.arc.runs import executor
from tests.registry.real import real_registry
from tests.testbeds.arc import ArcBed
from tests.testbeds.arc.fixture import *  # noqa: F403

sys.path.insert(0, str(Path(__file__).parents[2] / "runtimes"))
from tinyroot import make_layout, make_root

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeImage]:
    """An image in a registry: that is all that a grid's nodes see of us."""
    layout = tmp_path_factory.mktemp("layout")
    digest = make_layout(make_root(tmp_path_factory.mktemp("tiny") / "root"), layout)
    store = ImageStore(layout)
    with real_registry(tmp_path_factory.mktemp("registry") / "it") as real:
        with Registry(f"{real.host}/tests/tiny") as there:
            there.push(digest, store)
        source = {"kind": "registry", "reference": f"{real.host}/tests/tiny@{digest}", "insecure": True}
        yield NodeImage(digest, store.manifest(digest).config.digest, (source,))


@pytest.fixture(params=[pytest.param("host", marks=pytest.mark.rare), "container"])
def case(request: pytest.FixtureRequest, tmp_path: Path, arc: ArcBed) -> Case:
    run_dir, store = tmp_path / "run 100%", tmp_path / "store"
    image: NodeImage | None = request.getfixturevalue("tiny") if request.param == "container" else None
    runtimes = [runtime_by_name("bubblewrap")] if image else []
    return Case(
        make=lambda: executor(arc, run_dir, store, image, runtimes),
        store=store,
        image=image.digest if image else None,
        many=10,
    )
