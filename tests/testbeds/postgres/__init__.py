"""A real PostgreSQL 15 on this machine, by one command."""

from tests.testbeds.postgres.bed import PostgresBed

__all__ = ["PostgresBed"]
