"""The server of continuous analysis: deliveries in, one pipeline for each commit, verdicts back to the forge."""
