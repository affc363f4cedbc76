"""The inputs of a version by its JSON Schema: in words, checked, as a template, and where a file is handed in; pure."""

__all__: list[str] = []
