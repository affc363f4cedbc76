"""What tests tell the test-bed, and ask it, below `/bed`: none of this is in PanDA."""

from __future__ import annotations

import threading
import time
import traceback
from typing import Any

from buffer import Buffer

__all__ = ["Control"]

_PAUSE_S = 0.1


class Control:
    """The hand on the buffer. A thread of its own takes submitted tasks in, as JEDI's refiner and job generator do."""

    def __init__(self, settings: dict[str, Any], buffer: Buffer, site: Any) -> None:
        self._buffer = buffer
        self._site = site
        self._most, self._pilots = 0, ""
        self._takes_in = bool(settings.get("takes_in", True))
        threading.Thread(target=self._daemon, daemon=True).start()

    def answer(self, verb: str, given: dict[str, Any]) -> Any:
        """Do what is asked for; return its answer, None if there is no such thing."""
        act = getattr(self, f"_do_{verb}", None)
        if act is None:
            return None
        with self._buffer.lock:
            return act(**given)

    # asked ------------------------------------------------------------------------------------------------------

    def _do_ready(self) -> dict[str, Any]:
        return {"ready": True}

    def _do_calls(self, forget: bool = False) -> dict[str, int]:
        calls = dict(self._site.calls)
        if forget:
            self._site.calls.clear()
        return calls

    def _do_tasks(self) -> list[dict[str, Any]]:
        return [
            {"task": task.task_id, "name": task.parameters["taskName"], "status": task.status, "starts": task.starts,
             "jobs": task.jobs, "why": task.why}
            for task in self._buffer.tasks.values()
        ]  # fmt: skip

    def _do_parameters(self, task: int) -> dict[str, Any]:
        return self._buffer.tasks[task].parameters

    def _do_next(self, running: int = 0) -> dict[str, Any]:
        """Hand jobs that wait to a shift that has `running` ones, as dictionaries; they are `sent` from now on."""
        from refine import pilot_dictionary

        waiting = [job for job in self._buffer.jobs.values() if job.jobStatus == "activated"]
        taken = waiting[: max(0, self._most - running)]
        for job in taken:
            self._update(job, jobStatus="sent")
        return {"pilots": self._pilots, "jobs": [pilot_dictionary(job) for job in taken]}

    def _do_wanted(self, job: int) -> bool:
        return self._buffer.jobs[job].commandToPilot != "tobekilled"

    # told -------------------------------------------------------------------------------------------------------

    def _do_shift(self, most: int, pilots: str = "") -> bool:
        """Run so many jobs at once; those whose name matches the expression `pilots` get a real pilot."""
        self._most, self._pilots = most, pilots
        return True

    def _do_takes_in(self, yes: bool) -> bool:
        self._takes_in = yes
        return yes

    def _do_refuse(self, why: str) -> bool:
        self._buffer.refuse = why
        return True

    def _do_lose(self, call: str, times: int) -> bool:
        """Do the next calls of a name and answer nothing."""
        self._site.lose[call] = times
        return True

    def _do_say(self, call: str, status: str = "", kind: str = "text/html", text: str = "") -> bool:
        """Answer a call so from now on, without doing it; with no status, as ever again."""
        self._site.say.pop(call, None)
        if status:
            self._site.say[call] = (status, kind, text)
        return True

    def _do_task(self, task: int, status: str, why: str = "") -> bool:
        self._buffer.set_task(task, status, why)
        return True

    def _do_job(self, job: int, **attributes: Any) -> bool:
        """Set attributes of a job; when all of a task have ended, it ends."""
        self._update(self._buffer.jobs[job], **attributes)
        return True

    def _update(self, job: Any, **attributes: Any) -> None:
        for name, value in attributes.items():
            setattr(job, name, value)
        task = self._buffer.tasks[job.jediTaskID]
        self._buffer.touch(task.task_id)
        states = [self._buffer.jobs[each].jobStatus for each in task.jobs]
        if any(self._buffer.is_open(each) for each in task.jobs):
            if task.status in ("ready", "scouting") and job.jobStatus not in ("activated", "defined"):
                self._buffer.set_task(task.task_id, "running")
            return
        good = states.count("finished")
        ended = "aborted" if task.unwanted else "done" if good == len(states) else "finished" if good else "failed"
        self._buffer.set_task(task.task_id, ended)

    # JEDI's part --------------------------------------------------------------------------------------------------

    def _daemon(self) -> None:
        while True:
            time.sleep(_PAUSE_S)
            if self._takes_in:
                for task in [each for each in list(self._buffer.tasks.values()) if each.status is None]:
                    self._take_in(task)

    def _take_in(self, task: Any) -> None:
        from refine import make_jobs, refine

        try:
            refiner = refine(task.task_id, task.parameters)
            jobs = make_jobs(refiner, 1 + max(self._buffer.jobs, default=1000))
        except Exception:
            self._buffer.set_task(task.task_id, "broken", traceback.format_exc())
            return
        with self._buffer.lock:
            self._buffer.jobs |= {job.PandaID: job for job in jobs}
            task.jobs = [job.PandaID for job in jobs]
            self._buffer.set_task(task.task_id, "ready")
