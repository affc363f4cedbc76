"""What a run was, for others: a Workflow Run RO-Crate as a pure function of journal, request and spec."""

__all__: list[str] = []
