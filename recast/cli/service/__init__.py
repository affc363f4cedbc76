"""Commands of the service: serve, dispatch."""
