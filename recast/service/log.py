"""The log: one JSON object a line on stderr, without secrets and without anything that ends a line early."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from recast.masked import masked_json
from recast.terminal_safe import json_visible

__all__ = ["Lines", "log"]


def log(level: str, event: str, **about: Any) -> None:
    """Write one line: time, level, event, and what it is about."""
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "event": event, **about}
    print(json_visible(json.dumps(masked_json(line), ensure_ascii=False, default=str)), file=sys.stderr, flush=True)


class Lines(logging.Handler):
    """Writes what libraries say (the web server, of connections that are no HTTP) as lines of this log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        log(record.levelname.lower(), record.name, what=record.getMessage()[:1000])
