"""Entries that people write: `catalogue/<analysis>.yml` and the workflow beside it, before they are published."""
