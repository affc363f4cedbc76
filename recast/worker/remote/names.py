"""What a job leaves at a store under its own name, and not by digest: its outcome and its log."""

from __future__ import annotations

import re

from recast.worker.failure import Failure

__all__ = ["LOG", "OUTCOME", "named_place"]

OUTCOME, LOG = "outcome.json", "log"
_JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def named_place(job_id: str, name: str) -> str:
    """Return where a store keeps a file of a job, relative to its root; raise Failure (`staging`) for a strange id."""
    if not _JOB_ID.fullmatch(job_id):
        raise Failure("staging", f"{job_id!r:.80} cannot be the name of a folder")
    return f"outcomes/{job_id}/{name}"
