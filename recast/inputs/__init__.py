"""The inputs of a version by its JSON Schema: described, checked, as a template, and which are files; pure."""

__all__: list[str] = []
