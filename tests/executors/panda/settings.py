"""Settings of the executor for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.executors.panda.fakepanda import FakePanda

IMAGE = "sha256:" + "ab" * 32


def values(panda: FakePanda, folder: Path, **changed: Any) -> dict[str, Any]:
    token = folder / "token"
    if not token.exists():
        token.write_text("sesame")
    return {
        "server": panda.url,
        "vo": "wlcg:pilot",
        "trans_path": "http://pandaserver.example.org/trf/user/recast-panda",
        "token_file": str(token),
        "store_url": f"file://{folder}/far",
        "poll_s": 0.3,
        "quick_poll_s": 0.05,
        "outcome_grace_s": 1.0,
        "timeout_s": 5.0,
        "container_folder": "",
        **changed,
    }
