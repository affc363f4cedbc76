"""The desk under load: searches and records beside datasette, PostgreSQL beside SQLite, indexing, start, replay."""

from benchmarks.service.followed import followed
from benchmarks.service.rows import service

__all__ = ["followed", "service"]
