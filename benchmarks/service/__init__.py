"""The desk under load: searches and records beside datasette, PostgreSQL beside SQLite, indexing, start, replay."""

from benchmarks.service.rows import service

__all__ = ["service"]
