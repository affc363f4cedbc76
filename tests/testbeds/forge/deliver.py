"""What a forge does after a push: `python -m tests.testbeds.forge.deliver FORGE.json` is the `post-receive` of its
repositories, which git calls with a line `before after ref` for each ref.

Each forge has its own habits. GitLab sends nothing for a push of more than 3 refs, and disables a hook after 4 failures
in a row; GitHub and Gitea send once, and never again. `drop` in FORGE.json loses a part of all deliveries.
"""

from __future__ import annotations

import json
import os
import random
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.testbeds.forge.payloads import Project, event_name, push, request
from tests.testbeds.forge.sign import signed

__all__ = ["deliver", "main", "send"]

_MOST_REFS, _MOST_FAILURES = 3, 4
_TIMEOUT_S = 10.0


def send(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """POST a delivery; return status and answer, status 0 if nobody answers."""
    asked = urllib.request.Request(url, data=body, headers=headers, method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=_TIMEOUT_S) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, json.loads(answer.read() or b"{}")
    except OSError:
        return 0, {}


def deliver(forge: dict[str, Any], event: str, document: dict[str, Any], folder: Path) -> int | None:
    """Send one delivery as the forge does; return the status, None if the forge sends none."""
    state = folder / "hook-state.json"
    kept = json.loads(state.read_text()) if state.exists() else {"failures": 0, "sent": []}
    if forge["dialect"] == "gitlab" and kept["failures"] >= _MOST_FAILURES:
        return None
    if random.random() < forge.get("drop", 0.0):
        kept["sent"].append([event, "lost"])
        state.write_text(json.dumps(kept))
        return None
    body = json.dumps(document).encode()
    status, _ = send(forge["hook"], body, signed(forge["dialect"], event, body, forge["secret"]))
    kept["failures"] = 0 if 200 <= status < 300 else kept["failures"] + 1
    kept["sent"].append([event, status])
    state.write_text(json.dumps(kept))
    return status


def main(path: str) -> None:
    forge = json.loads(Path(path).read_text())
    folder = Path.cwd()
    project = Project(folder, forge["project"], forge["number"], forge["url"], forge["dialect"])
    options = [os.environ[f"GIT_PUSH_OPTION_{n}"] for n in range(int(os.environ.get("GIT_PUSH_OPTION_COUNT") or 0))]
    (folder / "push-options.json").write_text(json.dumps(options))
    lines = [line.split() for line in sys.stdin.read().splitlines()]
    if forge["dialect"] == "gitlab" and len(lines) > _MOST_REFS:
        return
    for before, after, ref in lines:
        if ref.startswith(("refs/pull/", "refs/merge-requests/")):
            number = int(ref.split("/")[2])
            is_new = not before.strip("0")
            document = request(
                forge["dialect"], project, number, after, fork=number in forge.get("forks", []),
                before="" if is_new else before, action="opened" if is_new else "synchronize",
            )  # fmt: skip
            deliver(forge, "merge_request" if forge["dialect"] == "gitlab" else "pull_request", document, folder)
        else:
            document = push(forge["dialect"], project, ref, before, after)
            deliver(forge, event_name(forge["dialect"], ref), document, folder)


if __name__ == "__main__":
    main(sys.argv[1])
