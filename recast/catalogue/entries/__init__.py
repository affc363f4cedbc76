"""Entries that people write: `catalogue/<analysis>.yml` and its workflow, before they are published."""
