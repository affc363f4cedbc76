"""What goes on in a service, for those who operate it: bounded questions, each answered by an index or a count."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from recast.json_types import JsonDict
from recast.ledger import tables
from recast.ledger.people.quotas import DEFAULTS, WINDOW_S, Quantity
from recast.ledger.people.tables import QUOTAS, USES
from recast.moments import moment, plus

__all__ = ["outbox_seen", "quotas_seen", "runs_seen", "work_seen"]

_MOST = 50
_LONGEST_WHY = 500
_work, _runs, _snapshots, _outbox = tables.work, tables.runs, tables.snapshots, tables.outbox


def work_seen(connection: Connection) -> JsonDict:
    """Return how much work there is by kind and state, and what is not done, the oldest first: who has it until when,
    since when it is wanted, and why it was put off.
    """
    counted = select(_work.c.kind, _work.c.state, func.count()).where(_work.c.state != "done")
    rows = connection.execute(counted.group_by(_work.c.kind, _work.c.state)).all()
    event = and_(tables.events.c.request == _work.c.request, tables.events.c.number == _work.c.event)
    query = select(_work, tables.events.c.at).select_from(_work.outerjoin(tables.events, event))
    open_ones = connection.execute(query.where(_work.c.state != "done").order_by(_work.c.id).limit(_MOST)).all()
    return {
        "counts": [{"kind": kind, "state": state, "count": count} for kind, state, count in rows],
        "items": [_piece(row) for row in open_ones],
    }


def _piece(row: Row[Any]) -> JsonDict:
    taken = row.state == "taken"
    named = ("id", "kind", "request", "state", "tries", "failures", "silent_ends")
    return {
        **{key: getattr(row, key) for key in named},
        "wanted": row.at,
        "by": row.owner if taken else "",
        "until": row.lease_until if taken else None,
        "not_before": None if taken else row.not_before or None,
        "why": "" if taken else _why(row.outcome),
    }


def _why(outcome: str) -> str:
    found = json.loads(outcome) if outcome else {}
    return str(found.get("why", ""))[:_LONGEST_WHY]


def runs_seen(connection: Connection) -> list[JsonDict]:
    """Return the runs that have not ended, the oldest first, and when each was heard of last."""
    query = (
        select(_runs.c.id, _runs.c.request, _runs.c.state, _runs.c.noted, _runs.c.cancel_wished_by, _snapshots.c.at)
        .select_from(_runs.outerjoin(_snapshots, _snapshots.c.run == _runs.c.id))
        .where(_runs.c.state != "ended")
        .order_by(_runs.c.noted)
        .limit(_MOST)
    )
    return [
        {
            **{key: getattr(row, key) for key in ("id", "request", "state", "noted")},
            "cancelled": bool(row.cancel_wished_by),
            "told": row.at,
        }
        for row in connection.execute(query)
    ]


def quotas_seen(connection: Connection, now: str, defaults: Mapping[Quantity, float]) -> list[JsonDict]:
    """Return who has used most of each quantity in its window, with what they may use; people by their ids."""
    most: dict[str, float] = {str(what): amount for what, amount in (*DEFAULTS.items(), *defaults.items())}
    used = func.sum(USES.c.amount)
    query = select(USES.c.what, USES.c.user, used.label("used")).where(USES.c.at > plus(now, -WINDOW_S))
    rows = connection.execute(query.group_by(USES.c.what, USES.c.user).order_by(used.desc()).limit(_MOST)).all()
    users = {row.user for row in rows}
    own = {(row.user, row.what): row.most for row in connection.execute(select(QUOTAS).where(QUOTAS.c.user.in_(users)))}
    return [
        {
            "what": row.what,
            "user": row.user,
            "used": float(row.used),
            "most": float(own.get((row.user, row.what), most.get(row.what, 0.0))),
        }
        for row in rows
    ]


def outbox_seen(connection: Connection) -> JsonDict:
    """Return how many notes wait to be sent, and those that were refused: why, and when they are tried again. Who gets
    them is told by an id: addresses are nobody's affair.
    """
    unsent = _outbox.c.sent.is_(None)
    waiting, oldest = connection.execute(select(func.count(), func.min(_outbox.c.at)).where(unsent)).one()
    columns = (
        _outbox.c.person,
        _outbox.c.request,
        _outbox.c.text,
        _outbox.c.tries,
        _outbox.c.not_before,
        _outbox.c.why,
    )
    failing = select(*columns).where(unsent, _outbox.c.tries > 0).order_by(_outbox.c.id).limit(_MOST)
    refused = connection.scalar(select(func.count()).where(unsent, _outbox.c.tries > 0)) or 0
    return {
        "waiting": waiting,
        "since": moment(oldest) if oldest else None,
        "refused": refused,
        "items": [dict(row._mapping) for row in connection.execute(failing)],
    }
