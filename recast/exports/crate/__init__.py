"""A run as a Workflow Run RO-Crate, derived from journal, request and spec."""

__all__: list[str] = []
