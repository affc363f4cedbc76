"""Jobs that no driver knows are dropped, whatever moves while the computing element lists them; no bed is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from recast.executors.arc.sending import discard_unsent


class Moving:
    """A computing element that moves `late` from one folder to the next during its first list."""

    def __init__(self) -> None:
        self.lists = iter([{"early": "PREPARING"}, {"early": "PREPARING", "late": "PREPARING"}])
        self.known = {"early": "PREPARING", "late": "PREPARING", "another": "PREPARING"}
        self.acts: list[tuple[str, list[str]]] = []

    async def states(self, wanted: Any) -> dict[str, str]:
        return next(self.lists, self.known)

    async def diagnose(self, job: str, item: str) -> str:
        return "jobname=theirs.0\n" if job == "another" else "jobname=unnoted.1\n"

    async def act(self, action: str, jobs: Sequence[str]) -> dict[str, Any]:
        self.acts.append((action, list(jobs)))
        return {}


def test_a_job_that_one_list_lacks_is_dropped_all_the_same() -> None:
    element: Any = Moving()
    asyncio.run(discard_unsent(element, {"unnoted"}, set(), 2))
    assert element.acts == [("kill", ["early", "late"]), ("clean", ["early", "late"])]
