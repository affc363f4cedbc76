"""The server of continuous analysis: deliveries in, one pipeline for each commit, verdicts back to the forge."""

from recast.ci.server.allow import allow_pipeline, list_pipelines, try_again
from recast.ci.server.serve import Server
from recast.ci.server.settings import ServerSettings, load_settings

__all__ = ["Server", "ServerSettings", "allow_pipeline", "list_pipelines", "load_settings", "try_again"]
