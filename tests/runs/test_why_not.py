"""The reason why a point has no answer goes into tables, files and mails: whatever a job has logged, it is plain."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from recast.runs.why_not import why_not

TOKEN = "ghp_" + "a1B2" * 9


def test_the_last_line_of_a_log_is_no_secret_and_moves_no_cursor(tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "log").write_text(f"fetching\n\x1b[2Jno access with {TOKEN}\n")
    failed: Any = SimpleNamespace(step=SimpleNamespace(id="/a/0"), failure="user", reason="exit code 1", job_id="job")
    told = why_not(SimpleNamespace(), SimpleNamespace(jobs=tmp_path), "", failed)  # type: ignore[arg-type]
    assert told is not None
    assert told.reason.startswith("Step /a/0 failed (user): exit code 1\n\\u001b[2Jno access with ")
    assert TOKEN not in told.reason
