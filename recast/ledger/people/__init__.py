"""People of the service: users, their roles, passwords, tokens, sessions, referees' links, quotas.

Every function takes a connection that is inside a transaction, and `now` as text (`2026-01-31T12:00:00Z`); none of them
commits. No secret is stored: only digests are.
"""
