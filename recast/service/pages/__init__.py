"""The catalogue and the requests as pages: HTML from this server that works without scripts (docs/adr/0077)."""
