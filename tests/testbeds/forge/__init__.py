"""A forge on this machine: real git over smart HTTP with real hooks; deliveries and a status API in three dialects."""
