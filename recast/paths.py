"""Locations on this machine; the only reader of the environment variables that set them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Places", "places"]


@dataclass(frozen=True)
class Places:
    """The folders of one user's installation; all of them are below `state_dir` unless set otherwise."""

    state_dir: Path
    image_store: Path
    catalogue_store: Path
    cache_dir: Path
    """What can be recreated at any time; shared by all state directories of a user."""
    shipped: Path | None = None
    """The entries shipped with this program: `*.yml` beside `../specs`; None for none."""

    @property
    def artifact_store(self) -> Path:
        """The folder of content-addressed files: inputs and outputs of steps."""
        return self.state_dir / "artifacts"

    @property
    def runs(self) -> Path:
        """The folder that contains one folder, or a link to one, per run."""
        return self.state_dir / "runs"


def places(environ: dict[str, str] | None = None) -> Places:
    """Return the folders, from `RECAST_HOME`, `RECAST_IMAGE_STORE`, `RECAST_CATALOGUE` or the XDG default.

    `RECAST_SHIPPED` is the folder of shipped entries; if it is set but empty, there are none.
    """
    env = os.environ if environ is None else environ
    home = Path(env.get("HOME") or Path.home())
    default = Path(env.get("XDG_DATA_HOME") or home / ".local" / "share") / "recast"
    state_dir = Path(env.get("RECAST_HOME") or default).expanduser().absolute()
    return Places(
        state_dir=state_dir,
        image_store=Path(env.get("RECAST_IMAGE_STORE") or state_dir / "images").absolute(),
        catalogue_store=Path(env.get("RECAST_CATALOGUE") or state_dir / "catalogue").absolute(),
        cache_dir=Path(env.get("XDG_CACHE_HOME") or home / ".cache").absolute() / "recast",
        shipped=_shipped(env.get("RECAST_SHIPPED")),
    )


def _shipped(said: str | None) -> Path | None:
    """Return the folder of the shipped entries: in the package, or in the checkout that it is run from."""
    if said is not None:
        return Path(said).absolute() if said else None
    package = Path(__file__).resolve().parent
    installed = package / "catalogue" / "shipped-entries" / "catalogue"
    return installed if installed.is_dir() else package.parent / "catalogue"
