"""Starting a payload, confining it, and leaving nothing of it behind."""
