"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recast.ledger.catalogue.words import create_searched

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    _people()
    _requests()
    _work()
    _catalogue()
    create_searched(op.get_bind())


def _people() -> None:
    """Create the tables of people."""
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=True),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("created", sa.String(length=20), nullable=False),
        sa.Column("blocked", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_users_issuer_subject")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
    )
    op.create_table(
        "roles",
        sa.Column("user", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_roles_user_users")),
        sa.PrimaryKeyConstraint("user", "role", name=op.f("pk_roles")),
    )
    op.create_table(
        "contacts",
        sa.Column("user", sa.String(length=16), nullable=False),
        sa.Column("analysis", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_contacts_user_users")),
        sa.PrimaryKeyConstraint("user", "analysis", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_analysis"), "contacts", ["analysis"], unique=False)
    op.create_table(
        "coordinators",
        sa.Column("user", sa.String(length=16), nullable=False),
        sa.Column("collaboration", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_coordinators_user_users")),
        sa.PrimaryKeyConstraint("user", "collaboration", name=op.f("pk_coordinators")),
    )
    op.create_index(op.f("ix_coordinators_collaboration"), "coordinators", ["collaboration"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("parent", sa.String(length=16), nullable=True),
        sa.Column("created", sa.String(length=20), nullable=False),
        sa.Column("expires", sa.String(length=20), nullable=False),
        sa.Column("used", sa.String(length=20), nullable=True),
        sa.Column("revoked", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_tokens_user_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index(op.f("ix_tokens_parent"), "tokens", ["parent"], unique=False)
    op.create_index(op.f("ix_tokens_user"), "tokens", ["user"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=16), nullable=False),
        sa.Column("created", sa.String(length=20), nullable=False),
        sa.Column("expires", sa.String(length=20), nullable=False),
        sa.Column("used", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_sessions_user_users")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user"), "sessions", ["user"], unique=False)
    op.create_table(
        "links",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=40), nullable=False),
        sa.Column("made_by", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created", sa.String(length=20), nullable=False),
        sa.Column("expires", sa.String(length=20), nullable=False),
        sa.Column("revoked", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_links_made_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("digest", name=op.f("uq_links_digest")),
    )
    op.create_index(op.f("ix_links_made_by"), "links", ["made_by"], unique=False)
    op.create_index(op.f("ix_links_request"), "links", ["request"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("user", sa.String(length=16), nullable=True),
        sa.Column("created", sa.String(length=20), nullable=False),
        sa.Column("expires", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_invitations_user_users")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitations")),
    )
    op.create_table(
        "login_flows",
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("return_to", sa.String(length=500), nullable=False),
        sa.Column("expires", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_login_flows")),
    )
    op.create_table(
        "quotas",
        sa.Column("user", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("most", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_quotas_user_users")),
        sa.PrimaryKeyConstraint("user", "what", name=op.f("pk_quotas")),
    )
    op.create_table(
        "uses",
        sa.Column("user", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.Column("at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_uses_user_users")),
        sa.PrimaryKeyConstraint("user", "what", "reference", name=op.f("pk_uses")),
    )
    op.create_index("ix_uses_user_what_at", "uses", ["user", "what", "at"], unique=False)
    op.create_table(
        "people_audit",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=16), nullable=False),
        sa.Column("deed", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_people_audit")),
    )
    op.create_index(op.f("ix_people_audit_about"), "people_audit", ["about"], unique=False)


def _requests() -> None:
    """Create the tables of requests, their audit trail, and what follows from it."""
    op.create_table(
        "events",
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("request", "number", name=op.f("pk_events")),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("analysis", sa.Text(), nullable=False),
        sa.Column("collaboration", sa.Text(), nullable=False),
        sa.Column("due", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.UniqueConstraint("place", name=op.f("uq_requests_place")),
    )
    op.create_index(op.f("ix_requests_analysis_place"), "requests", ["analysis", "place"], unique=False)
    op.create_index(op.f("ix_requests_audience_place"), "requests", ["audience", "place"], unique=False)
    op.create_index(op.f("ix_requests_audience_state"), "requests", ["audience", "state"], unique=False)
    op.create_index(op.f("ix_requests_collaboration_place"), "requests", ["collaboration", "place"], unique=False)
    op.create_index(op.f("ix_requests_owner_place"), "requests", ["owner", "place"], unique=False)
    op.create_index(op.f("ix_requests_state_due"), "requests", ["state", "due"], unique=False)
    op.create_table(
        "points",
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["requests.id"], name=op.f("fk_points_request_requests")),
        sa.PrimaryKeyConstraint("request", "position", name=op.f("pk_points")),
    )
    op.create_table(
        "parties",
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["requests.id"], name=op.f("fk_parties_request_requests")),
        sa.PrimaryKeyConstraint("request", "person", "role", name=op.f("pk_parties")),
    )
    op.create_index(op.f("ix_parties_person_request"), "parties", ["person", "request"], unique=False)
    op.create_table(
        "rests",
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["requests.id"], name=op.f("fk_rests_request_requests")),
        sa.PrimaryKeyConstraint("digest", "request", name=op.f("pk_rests")),
    )
    op.create_index(op.f("ix_rests_request"), "rests", ["request"], unique=False)
    op.create_table(
        "once",
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_once")),
    )
    op.create_index(op.f("ix_once_at"), "once", ["at"], unique=False)
    op.create_table(
        "changes",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("urgency", sa.String(length=8), nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("not_before", sa.Float(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_sent_not_before"), "outbox", ["sent", "not_before"], unique=False)
    op.create_table(
        "statements",
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_statements")),
    )
    op.create_table(
        "uploads",
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "owner", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_owner_at"), "uploads", ["owner", "at"], unique=False)


def _work() -> None:
    """Create the tables of work and runs."""
    op.create_table(
        "work",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("not_before", sa.Float(), nullable=False),
        sa.Column("owner", sa.String(length=128), server_default=sa.text("''"), nullable=False),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
    )
    op.create_index(op.f("ix_work_request"), "work", ["request"], unique=False)
    op.create_index(op.f("ix_work_state_not_before"), "work", ["state", "not_before"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("work", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("noted", sa.Float(), nullable=False),
        sa.Column("folder", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cancel_wished_by", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("looked", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_request"), "runs", ["request"], unique=False)
    op.create_index(op.f("ix_runs_state"), "runs", ["state"], unique=False)
    op.create_table(
        "snapshots",
        sa.Column("run", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_snapshots_run_runs")),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_snapshots")),
    )


def _catalogue() -> None:
    """Create the tables of the index of the catalogue."""
    op.create_table(
        "analyses",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("analysis", sa.Text(), nullable=False),
        sa.Column("collaboration", sa.Text(), nullable=False),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("stamp", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_analyses")),
        sa.UniqueConstraint("analysis", name=op.f("uq_analyses_analysis")),
    )
    op.create_table(
        "versions",
        sa.Column("analysis", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("analysis", "version", name=op.f("pk_versions")),
    )
    op.create_index(op.f("ix_versions_digest"), "versions", ["digest"], unique=False)
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
