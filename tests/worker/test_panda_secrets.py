"""A user's secrets at PanDA reach the payload by their names, and nothing else of the job's folder keeps them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from recast.jobs import ContainerJob, OutputPattern, SecretWish, Wishes
from recast.worker.panda.phases import postprocess, preprocess

DIGEST = "sha256:" + "a" * 64
CANARY = "canary 0815 x"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The folder of a pilot with a task of one job, and a store beside it."""
    job = ContainerJob(
        "run-1-1",
        DIGEST,
        'echo "it is $T"; cat "$RECAST_SECRETS/EOS"; echo "$T" | wc -c > size',
        None,
        "sh",
        "/recast/run/job",
        outputs=(OutputPattern("size"),),
        wishes=Wishes(secrets=(SecretWish("EOS", "T"),)),
    )
    folder = tmp_path / "pilot"
    (folder / "recast/tasks").mkdir(parents=True)
    store = tmp_path / "store"
    store.mkdir()
    far = {"url": f"file://{store}", "token": "", "from_bytes": 0, "by_name": True, "token_secret": "", "cache": ""}
    task = {
        "version": 1, "job": job.as_json(), "attempt_dir": "", "store": "", "stamps": {}, "image_digest": DIGEST,
        "image": None, "runtimes": {}, "far": {**far, "cache_mb": 1000, "wait_s": 10},
    }  # fmt: skip
    (folder / "recast/tasks/0.json").write_text(json.dumps(task))
    return folder


def outcome(here: Path) -> dict[str, object]:
    (path,) = (here.parent / "store").rglob("outcome.json")
    found: dict[str, object] = json.loads(path.read_bytes())
    return found


def test_they_are_there_for_the_payload_and_gone_after_it(here: Path) -> None:
    (here / "panda_secrets.json").write_text(json.dumps({"EOS": CANARY + "\n", "OTHER": "another"}))
    task = (here / "recast/tasks/0.json").read_bytes()
    assert preprocess(str(here), "0", "") == 0
    assert (here / "recast/secrets/EOS").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (here / "recast/secrets").iterdir()] == ["EOS"]
    script = (here / "recast_payload.sh").read_text()
    assert CANARY not in script
    assert subprocess.run(["/bin/sh", "recast_payload.sh"], cwd=here, check=False).returncode == 0
    assert CANARY in (here / "recast/attempt/log").read_text()
    (here / "recast/tasks").mkdir()
    (here / "recast/tasks/0.json").write_bytes(task)  # the transformation gets its sandbox again
    assert postprocess(str(here), "0", "") == 0
    assert outcome(here)["failure"] is None
    (log,) = (here.parent / "store").rglob("log")
    assert log.read_text() == f"it is {'*' * 13}\n{'*' * 13}\n"
    (here / "panda_secrets.json").unlink()  # the pilot's own, which it removes
    for folder in (here, here.parent / "store"):
        for path in folder.rglob("*"):
            assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("content", [None, "{}", "no json", '["EOS"]', '{"EOS": 5}', '{"EOS": ""}'])
def test_one_that_the_server_does_not_hold_is_a_matter_of_credentials(here: Path, content: str | None) -> None:
    if content is not None:
        (here / "panda_secrets.json").write_text(content)
    assert preprocess(str(here), "0", "") == 1
    found = outcome(here)
    assert found["failure"] == "authentication"
    assert "hold no EOS" in str(found["message"])
