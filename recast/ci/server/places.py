"""Where the server keeps what: below its state folder, with one folder for each try of each pipeline."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ServerPlaces"]


@dataclass(frozen=True, slots=True)
class ServerPlaces:
    """The folders and files below a server's state folder."""

    state: Path

    @property
    def database(self) -> Path:
        """Return the ledger's file."""
        return self.state / "ledger.sqlite"

    @property
    def lock(self) -> Path:
        """Return the file that a running server holds."""
        return self.state / "server.lock"

    def mirror(self, repository: str) -> Path:
        """Return the folder of what was fetched from a repository; it can be removed at any time."""
        return self.state / "mirrors" / f"{repository}.git"

    def pipeline(self, name: str) -> Path:
        """Return the folder of a pipeline, with one folder for each try."""
        return self.state / "pipelines" / name

    def reference(self, repository: str) -> Path:
        """Return the file of the reference that the trusted branch moves."""
        return self.state / "references" / repository / "reference.lock.json"

    def strangers_home(self) -> Path:
        """Return the RECAST_HOME of commits that nobody trusts: what they build and cache is used by no other."""
        return self.state / "strangers"

    def without_paths(self, text: str) -> str:
        """Return a text for people elsewhere: paths in a checkout without it, and nothing of where the server is."""
        state = re.escape(str(self.state))
        text = re.sub(rf"{state}/pipelines/\w+/\d+/checkout/", "", text)
        text = re.sub(rf"{state}/pipelines/\w+/\d+/checkout\b", "the repository", text)
        return text.replace(str(self.state), "(the server's folder)")

    def environment(self, folder: Path, *, trusted: bool, environ: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a pipeline in a folder: ours, or for a stranger's commit next to nothing."""
        env = dict(os.environ if environ is None else environ)
        if not trusted:
            env = {name: env[name] for name in ("LANG", "LC_ALL", "PATH", "PYTHONPATH", "TZ") if name in env}
            env |= {"HOME": str(folder), "RECAST_HOME": str(self.strangers_home()), "RECAST_CONFIG": ""}
        # Above a checkout without a .git folder, git would find whatever repository this state folder lies in.
        return env | {"GIT_CEILING_DIRECTORIES": str(folder), "GIT_TERMINAL_PROMPT": "0"}
