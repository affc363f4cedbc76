"""`recast ci selftest`: does the comparison keep its promises on toys whose truth is known."""

from __future__ import annotations

import click

from recast.cli.output import emit, output_option, say

__all__ = ["selftest"]

NOT_KEPT = 1

EPILOG = """
\b
Examples:
  recast ci selftest --toys 2000
  recast ci selftest --seed 7 -o json

Exit codes: 0 all promises are kept; 1 one is not.
"""

_COLUMNS = ("what", "rate", "bound", "ok")


@click.command(epilog=EPILOG)
@click.option(
    "--toys", type=click.IntRange(1, 1_000_000), default=2000, show_default=True, help="Families of each sort."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same toys.")
@output_option
@click.pass_context
def selftest(ctx: click.Context, toys: int, seed: int, output: str) -> None:
    """Test the statistics of the comparison on random samples of which the truth is known.

    Unchanged families should raise no alarm, changes of twice the tolerance should be found where they are visible, and
    changes of just the tolerance should not be called within.
    """
    from recast.ci.compare import selftest as throw

    found = throw(toys, seed)
    document = found.as_json()
    emit(document, document["checks"], _COLUMNS, output)
    if output == "table":
        families = f"{found.false_alarms} of {found.toys:,} unchanged families"
        say(f"{families}; {found.found:,} of {found.visible:,} visible shifts; seed {found.seed}")
        if not found.visible:
            say("Too few toys: no shift was visible.")
    if not found.ok:
        ctx.exit(NOT_KEPT)
