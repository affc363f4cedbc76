"""What the machine or site provides to jobs that ask for it; other jobs do not see it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from recast.site.policy import site_policies
from recast.site.secrets import secrets_folder

__all__ = ["NEEDS", "Site", "said_of", "this_site"]

NEEDS = {
    "cvmfs": "mount CVMFS, or set RECAST_CVMFS to the folder where it is",
    "grid-proxy": "put the proxy into a separate folder and set RECAST_CREDENTIALS to it",
    "kerberos": "put getkrb.sh and the keytab into a separate folder and set RECAST_CREDENTIALS to it",
}
"""What a job may need from its site, and how to provide it."""


@dataclass(frozen=True, slots=True)
class Site:
    """Folders on the host: the root of CVMFS, the user's credentials and secrets for jobs; empty if there is none."""

    cvmfs: str = ""
    credentials: str = ""
    secrets: str = ""

    @property
    def provides(self) -> frozenset[str]:
        """The needs that this site meets."""
        credentials = {"grid-proxy", "kerberos"} if self.credentials else set()
        return frozenset(credentials | ({"cvmfs"} if self.cvmfs else set()))


def this_site(environ: Mapping[str, str] | None = None) -> Site:
    """Return what this machine provides.

    RECAST_CVMFS and RECAST_CREDENTIALS name the folders, else the configuration or the site's file does; CVMFS is
    `/cvmfs` by default. An empty folder does not count.
    """
    env = os.environ if environ is None else environ
    cvmfs = env.get("RECAST_CVMFS") or _said("cvmfs", env) or "/cvmfs"
    credentials = env.get("RECAST_CREDENTIALS", "") or _said("credentials", env)
    return Site(
        cvmfs if _has_entries(cvmfs) else "", credentials if _has_entries(credentials) else "", secrets_folder(env)
    )


def said_of(need: str, environ: Mapping[str, str] | None = None) -> str:
    """Return a sentence if a variable names a folder for a need that cannot be used: it is empty, or does not exist."""
    env = os.environ if environ is None else environ
    variable = "RECAST_CVMFS" if need == "cvmfs" else "RECAST_CREDENTIALS"
    folder = env.get(variable, "")
    if not folder or _has_entries(folder):
        return ""
    return f" {variable} names {folder!r}, which is {'empty' if os.path.isdir(folder) else 'not a folder'}."  # noqa: PTH112


def _said(name: str, environ: Mapping[str, str]) -> str:
    """Return the configuration's value, else that of the site's file."""
    return next((str(policy.get(name)) for policy in reversed(site_policies(environ)) if policy.get(name)), "")


def _has_entries(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
