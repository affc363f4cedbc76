"""`recast request`: ask a search about a model, and everything that follows until the answer can be cited."""

from __future__ import annotations

import click

from recast.cli.desk.actions import ACTION_COMMANDS
from recast.cli.desk.asking import amend, new
from recast.cli.desk.looking import history, list_requests, show, wait
from recast.cli.desk.released import statement, verify
from recast.cli.desk.watching import watch

__all__ = ["request"]

EPILOG = """
\b
From a question to an answer that can be cited:
  recast request new -f request.yml          a draft
  recast request submit ID                   all faults of all points at once, or it is submitted
  recast request accept ID                   (a contact of the analysis)
  recast request run ID                      machines answer point by point
  recast request review ID
  recast request release ID
  recast request statement ID a1 > answer.json
  recast request verify answer.json --key service.pub
"""


@click.group(epilog=EPILOG)
def request() -> None:
    """Ask a search about a model at a service: requests, their points and answers."""


for _command in (new, amend, list_requests, show, wait, history, *ACTION_COMMANDS, watch, statement, verify):
    request.add_command(_command)
