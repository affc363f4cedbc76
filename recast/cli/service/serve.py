"""`recast serve`: the desk as a service."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import click

from recast.cli.lazy import LazyGroup
from recast.cli.output import hand_over, message, write
from recast.errors import InfrastructureError

__all__ = ["needs_extra", "serve"]

_NEEDED = (
    *("alembic", "argon2", "authlib", "fastapi", "jinja2", "latex2mathml", "limits", "prometheus_client"),
    *("sqlalchemy", "uvicorn"),
)
_COMMANDS = {"backup": "recast.cli.service.backup", "restore": "recast.cli.service.backup"}
_EPILOG = """
\b
Examples:
  recast serve
  recast serve --port 0 --print-url --admin-token admin.token
  recast serve --host 0.0.0.0 --base-url https://recast.example.org/desk --database postgresql://recast@db/recast
"""


@click.command(cls=LazyGroup, modules=_COMMANDS, invoke_without_command=True, epilog=_EPILOG)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8470, show_default=True, help="0 takes any free port.")
@click.option(
    "--database",
    metavar="URL",
    default="",
    envvar="RECAST_DATABASE",
    help="sqlite:///FILE or postgresql://... [default: SQLite in the state folder].",
)
@click.option("--base-url", metavar="URL", default="", help="How others reach it, with the prefix of a reverse proxy.")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Settings, such as who may log in [default: service.toml in the state folder].",
)
@click.option("--print-url", is_flag=True, help="Print the address on stdout as soon as requests are answered.")
@click.option(
    "--admin-token",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a token of an administrator to this file.",
)
@click.option("--no-dispatch", is_flag=True, help="Start no dispatcher: requests are taken, nothing runs.")
@click.pass_context
def serve(
    context: click.Context,
    host: str,
    port: int,
    database: str,
    base_url: str,
    config: Path | None,
    print_url: bool,
    admin_token: Path | None,
    no_dispatch: bool,
) -> None:
    """Serve the desk: requests for preserved searches, by HTTP.

    Web and dispatcher are processes of their own, and are started again when they end. SIGTERM or Ctrl-C ends them all;
    runs go on, and the next start finds them. Beyond loopback it needs an OIDC provider, or local accounts by name.
    """
    if context.invoked_subcommand is not None:
        return
    needs_extra()
    from recast.service.supervise import Order, serve

    order = Order(
        host=host,
        port=port,
        database=database,
        base_url=base_url.rstrip("/"),
        config=str(config.absolute()) if config else "",
        admin_token=str(admin_token.absolute()) if admin_token else "",
        dispatch=() if no_dispatch else _dispatcher(config),
    )
    serve(order, _print if print_url else lambda url: message(f"listening on {url}"), message, _invite)


def needs_extra() -> None:
    """Raise InfrastructureError, with what to type, unless the packages of the service are installed."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InfrastructureError(
            "The service is not installed",
            why=f"These packages are missing: {', '.join(missing)}.",
            next_step="pip install 'recast-framework[service]'",
            code="service.missing",
        )


def _dispatcher(config: Path | None) -> list[str]:
    return [sys.executable, "-m", "recast", "dispatch", *(["--config", str(config.absolute())] if config else [])]


def _print(url: str) -> None:
    write(url)
    sys.stdout.flush()


def _invite(url: str) -> None:
    hand_over(f"nobody has an account yet; this link makes the first administrator, once: {url}")
