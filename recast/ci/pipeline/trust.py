"""A stranger's commit: what this process must not have or do while it is judged."""

from __future__ import annotations

import os
import re
from collections.abc import MutableMapping

from recast.ci.pipeline.order import PipelineOrder
from recast.errors import PermissionDenied
from recast.secret_text import in_pair

__all__ = ["check_allowed", "drop_secrets", "secret_values"]

_KEPT = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TERM|COLUMNS|LINES|NO_COLOR|TZ|LANG|LANGUAGE|LC_[A-Z]+|TMPDIR|PYTHON[A-Z]+|"
    r"VIRTUAL_ENV|XDG_(?:CACHE|DATA|RUNTIME)_(?:HOME|DIR)|"
    r"RECAST_(?:HOME|IMAGE_STORE|CATALOGUE|SHIPPED|CONFIG|SITE|REGISTRY_[A-Z]+)|"
    r"(?:HTTPS?|NO)_PROXY|(?:https?|no)_proxy|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|PIP_(?:INDEX_URL|CONFIG_FILE|CERT)"
)
"""The variables that a stranger's pipeline keeps: where things are, and how the network is reached."""

_NOWHERE = "/nonexistent/recast-ci"
_FOLDERS = ("", "plots", "logs", "logs/tests")
"""Folders of a report, into which a pipeline writes."""


def check_allowed(order: PipelineOrder) -> None:
    """Raise PermissionDenied for what is never done with a stranger's commit, and for a report that would be written
    through a link, which may come with the checkout.
    """
    link = next((path for path in map(order.out.joinpath, _FOLDERS) if path.is_symlink()), None)
    if link is not None:
        raise PermissionDenied(
            "A folder of the report is a symbolic link",
            where=str(link),
            why="A checkout may hold it, and what it points to would be overwritten.",
            next_step="remove it, or name another folder: --out DIR",
        )
    if not order.untrusted:
        return
    asked = {
        f"--executor {order.options.executor}": order.options.executor != "local",
        "--push": order.push is not None,
        "--write-reference": order.write_reference is not None,
        "--update-reference": order.update_reference,
        "--key": order.key is not None,
    }
    for option, is_asked in asked.items():
        if is_asked:
            raise PermissionDenied(
                f"{option} is not for untrusted commits",
                where="--untrusted",
                why="A stranger's commit runs on this machine alone; nothing of it is pushed, published or kept.",
                next_step="leave the option out, or run the pipeline without --untrusted after looking at the commit",
            )


def drop_secrets(environ: MutableMapping[str, str] | None = None) -> None:
    """Remove all variables but harmless ones from the environment, and point credential files to nothing."""
    env = os.environ if environ is None else environ
    for name in [name for name in env if not _KEPT.fullmatch(name)]:
        del env[name]
    for name in ("REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_CONFIG_HOME"):
        env[name] = _NOWHERE
    env.pop("XDG_RUNTIME_DIR", None)


def secret_values(environ: MutableMapping[str, str] | None = None) -> list[str]:
    """Return the values of variables whose names say that they are secrets, the longest first."""
    env = os.environ if environ is None else environ
    found = {secret.value for name, value in env.items() for secret in in_pair(name, value)}
    return sorted(found, key=len, reverse=True)
