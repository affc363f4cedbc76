"""Pictures of runs in two parts: a summary that is small, and a row for each step."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table of steps, and move those of earlier pictures there."""
    op.create_table(
        "steps",
        sa.Column("run", sa.String(length=80), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("counted", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_steps_run_runs")),
        sa.PrimaryKeyConstraint("run", "place", name=op.f("pk_steps")),
    )
    op.create_index(op.f("ix_steps_run_number"), "steps", ["run", "number"], unique=False)
    op.create_index(op.f("ix_steps_run_id"), "steps", ["run", "id"], unique=False)
    _move()


_COUNTED = {"ready": "waiting", "submitted": "idle", "succeeded": "done"}
_COLUMNS = ("run", "place", "number", "id", "stage", "counted", "attempts", "since", "host", "words", "body")


def _move() -> None:
    connection = op.get_bind()
    snapshots = sa.table("snapshots", sa.column("run"), sa.column("number"), sa.column("body"))
    steps = sa.table("steps", *map(sa.column, _COLUMNS))
    for run in connection.scalars(sa.select(snapshots.c.run)).all():
        row = connection.execute(sa.select(snapshots).where(snapshots.c.run == run)).one()
        document = json.loads(row.body)
        told = [it for it in document.pop("steps", []) if isinstance(it, dict)]
        rows = [_row(run, place, row.number, it) for place, it in enumerate(told)]
        if rows:
            connection.execute(steps.insert(), rows)
        body = json.dumps(document, separators=(",", ":"))
        connection.execute(snapshots.update().where(snapshots.c.run == run).values(body=body))


def _row(run: str, place: int, number: int, step: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a step, with what its stage counts it as, and the path of its stage."""
    state, id_ = str(step.get("state") or ""), str(step.get("id") or "")
    counted = "cached" if step.get("cached") else "held" if step.get("held") else _COUNTED.get(state, state)
    path = "/".join(id_.split("/")[1::2])
    words = " ".join(str(step.get(key) or "") for key in ("id", "host", "image", "reason")).lower()
    about = (run, place, number, id_, path, counted, int(step.get("attempts") or 0), float(step.get("since") or 0.0))
    body = json.dumps({**step, "counted": counted, "path": path}, separators=(",", ":"))
    return dict(zip(_COLUMNS, (*about, str(step.get("host") or ""), words[:600], body), strict=True))
