"""What tests against Slurm share."""

from __future__ import annotations

import sys

__all__ = ["PYTHON", "QUICK"]

PYTHON = sys.executable
QUICK = {"quick_poll_s": 0.2, "poll_s": 1.0, "margin_s": 60}
"""Settings for a scheduler that has nothing else to do."""
