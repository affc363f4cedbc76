"""`recast submit` of one image by PanDA's pilots: the output, the log and the digest that this machine has."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.images import ImageStore
from tests import busybox
from tests.e2e.test_submit_everywhere import Came, env, here, submitted
from tests.testbeds.panda.bed import PandaBed
from tests.testbeds.panda.fixture import *  # noqa: F403

__all__ = ["env", "here"]

pytestmark = pytest.mark.rare


def test_the_same_output_and_the_same_digest_by_two_pilots(
    own_panda: PandaBed,
    env: dict[str, str],
    here: Came,
    tmp_path: Path,
) -> None:
    store = ImageStore(Path(env["IN"]).parent / "elsewhere")
    digest = busybox.add_busybox(store)
    own_panda.offer(store, digest)
    own_panda.ask("shift", most=2, pilots="")
    far = {"RECAST_PANDA_STORE_URL": f"file://{tmp_path}/far", "RECAST_PANDA_QUICK_POLL_S": "1"}
    there = submitted({**env, **own_panda.env, **far}, "panda")
    assert there.outputs == here.outputs
    assert there.said == here.said
    assert there.jobs == [("succeeded", digest, "panda")] * 2
    assert {job[1] for job in here.jobs} == {digest}
    assert len(list(own_panda.folder.glob("pilots/*/harvester/worker_attributes.json"))) == 2
