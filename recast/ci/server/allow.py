"""What a person says to a server: a request from a fork may go on, a blocked pipeline is tried again."""

from __future__ import annotations

import os
import pwd

from recast.ci.server.ledger import Ledger
from recast.ci.server.model import Pipeline
from recast.ci.server.places import ServerPlaces
from recast.ci.server.queue import Queue
from recast.ci.server.settings import ServerSettings
from recast.errors import PermissionDenied

__all__ = ["allow_pipeline", "list_pipelines", "this_user", "try_again"]


def allow_pipeline(settings: ServerSettings, name: str, *, trusted: bool) -> Pipeline:
    """Let a held pipeline go on, in the name of the user of this process; return it.

    Raises PermissionDenied if the configuration names `approvers` and the user is none of them, or if the pipeline does
    not wait; NotFound if there is none.
    """
    who = this_user()
    with Ledger(ServerPlaces(settings.state).database) as ledger:
        queue = Queue(ledger)
        pipeline = queue.get(name)
        repository = settings.repositories.get(pipeline.repository)
        approvers = repository.approvers if repository is not None else ()
        if approvers and who not in approvers:
            raise PermissionDenied(
                "You may not let requests from forks go on",
                where=f"approvers of {pipeline.repository}",
                why=f"You are {who}; allowed are {', '.join(approvers)}.",
                next_step="ask one of them",
            )
        return queue.allow(pipeline.id, who, trusted=trusted)


def try_again(settings: ServerSettings, name: str) -> Pipeline:
    """Have a pipeline tried again that the infrastructure has blocked; return it. Raises NotFound or UsageError."""
    with Ledger(ServerPlaces(settings.state).database) as ledger:
        return Queue(ledger).again(name)


def list_pipelines(settings: ServerSettings, most: int) -> list[Pipeline]:
    """Return the newest pipelines of a server, the newest first."""
    with Ledger(ServerPlaces(settings.state).database) as ledger:
        return Queue(ledger).newest(most)


def this_user() -> str:
    """Return the name of the user of this process."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
