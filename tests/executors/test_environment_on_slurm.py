"""The environment that a user asks for, on nodes of a real Slurm: binds, variables, settings, another image."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recast.images import ImageStore
from tests.busybox import NAME, add_busybox, pin, write_spec
from tests.conftest import Recast
from tests.executors.slurm.runs import QUICK
from tests.testbeds.slurm import SlurmBed
from tests.testbeds.slurm.fixture import *  # noqa: F403

COMMAND = "{{ echo $SEED $FROM_IMAGE; cat /data/events /etc/calibration; echo no > /data/no; }} > {out} 2>/dev/null"


@pytest.mark.slow
def test_jobs_on_nodes_see_what_the_user_says(
    slurm_plain: SlurmBed, recast: Recast, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_CONF", str(slurm_plain.conf))
    for name, value in QUICK.items():
        monkeypatch.setenv(f"RECAST_SLURM_{name.upper()}", str(value))
    store = ImageStore(home / "images")
    digest = add_busybox(store)
    config = json.loads(store.blob_path(store.manifest(digest).config.digest).read_bytes())
    config["config"]["Env"] = ["PATH=/bin", "FROM_IMAGE=another"]
    other = store.add_image(config, list(store.manifest(digest).layers))
    spec = write_spec(tmp_path / "spec", COMMAND + " || true", {"out": "{workdir}/out"}, {"out": "{out}"})
    pin(spec, digest)
    data = tmp_path / "data"
    data.mkdir()
    (data / "events").write_text("12 events\n")
    (data / "calibration").write_text("1.02\n")
    environment = ["--env", "SEED=7", "--bind", f"{data}:/data", "--stage", "work:memory=300MB"]
    environment += ["--bind", f"{data}/calibration:/etc/calibration", "--image-override", f"{NAME}=other@{other}"]
    run = tmp_path / "run"
    done = recast(
        "run", "workflow.yml", "--toplevel", spec, "--executor", "slurm", *environment, "--workdir", run, "-q"
    )
    assert done.code == 0, done.err
    assert f"{NAME} is replaced by other@{other}" in done.err
    assert (run / "work/work/out").read_text() == "7 another\n12 events\n1.02\n"
    assert not (data / "no").exists()
    shown = recast("show", run, "-o", "json").json
    assert shown["executor_settings"]["quick_poll_s"] == QUICK["quick_poll_s"]
    assert shown["steps"][-1]["image_run"] == other
