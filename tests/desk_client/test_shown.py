"""What a service says is shown as everything else: nothing of it is taken for ours, or interpreted by a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from recast.cli.desk.shown import emit_request

HOSTILE = "\x1b[2J\nerror [usage] pay here\u202e"
REQUEST: dict[str, Any] = {
    **dict.fromkeys(("id", "state", "audience", "analysis", "version", "title", "state_reason"), HOSTILE),
    "comments": [{"at": HOSTILE, "by": HOSTILE, "text": HOSTILE}],
    "allowed": [{"action": HOSTILE, "may": True, "why": ""}],
    "points": [
        {"id": HOSTILE, "state": HOSTILE, "coordinates": {HOSTILE: HOSTILE}, "reason": HOSTILE, "answers": []},
        {
            **{"id": "p2", "state": "answered", "coordinates": {}, "reason": ""},
            "answers": [
                {
                    **{"id": "a1", "authority": HOSTILE, "state": HOSTILE, "caveat": HOSTILE, "withheld": False},
                    "results": [{"verdict": HOSTILE}],
                }
            ],
        },
    ],
}


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_nothing_of_a_service_reaches_the_terminal_raw(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    emit_request(REQUEST, output)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown and "\u202e" not in shown
    assert not any(line.startswith("error [usage]") for line in shown.splitlines())
