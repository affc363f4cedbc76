"""Limits of payloads and their enforcement: control groups, monitoring, classifying out-of-memory failures."""
