"""The last word on a piece of work: what the desk hears of its run, and that it is done, are one transaction.

A kill leaves all of it undone or all of it done, so that nobody takes up a run that is over for the desk.
"""

from __future__ import annotations

from contextlib import suppress

from recast.desk.model import MACHINE
from recast.errors import MovedOn
from recast.json_types import JsonObject
from recast.ledger import Ledger
from recast.ledger.stored import load, lock
from recast.ledger.work import Lease
from recast.rundir import new_run_id

__all__ = ["begin_run", "end_run", "give_up"]


def begin_run(ledger: Ledger, lease: Lease) -> str:
    """Note a run for the points of a request that are open now, tell the desk that it has started, and return its id;
    empty if there is nothing to run. Raises LeaseLost.
    """
    with ledger.together(), ledger.writing() as connection:
        lock(connection, lease.request)
        request = load(connection, lease.request)
        points = [point.id for point in request.points if point.state == "open"] if request else []
        if request is None or not points or request.state != "accepted" or request.cancel_wanted:
            return ""
        run = new_run_id()
        ledger.act(request.id, "start-run", MACHINE, {"run": run, "points": points}, lease=lease)
        ledger.runs.note(lease, run, {"points": points, "digest": request.digest})
    return run


def end_run(ledger: Ledger, lease: Lease, run: str, reason: str, outcome: JsonObject, caveat: JsonObject) -> None:
    """Tell the desk that a run has ended, and be done with its work; `caveat` is what is wrong with its version by now:
    `digest` and `caveat`, or nothing. Raises LeaseLost.
    """
    with ledger.together():
        ledger.act(lease.request, "end-run", MACHINE, {"run": run, "reason": reason}, lease=lease)
        if caveat:
            with suppress(MovedOn):
                ledger.act(lease.request, "warn", MACHINE, caveat, lease=lease)
        ledger.runs.ended(lease, run)
        ledger.work.finish(lease, outcome)


def give_up(ledger: Ledger, lease: Lease, reason: str) -> None:
    """Be done with work that cannot be done; raise LeaseLost. Its points are open again, with the reason.

    Work without a run gets one that never was: in this way alone the readers of the request hear of it.
    """
    known = ledger.runs.of_work(lease.id)
    if run := known[-1].id if known else begin_run(ledger, lease):
        end_run(ledger, lease, run, reason, {"run": run, "state": "failed"}, {})
    else:
        ledger.work.finish(lease, {"error": reason})
