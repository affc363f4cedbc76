"""What an example contributes to a run: inputs, and the location of the files that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from recast.json_types import JsonObject

if TYPE_CHECKING:
    from recast.remote.archive import InputArchive

__all__ = ["ExampleInputs"]


@dataclass(frozen=True, slots=True)
class ExampleInputs:
    """Named inputs; the user's own take precedence over them.

    `initdir` is a folder in the spelling of a toplevel, `subinits` are such folders by stage, `archive` is a file or
    URL with `match` (`recast.remote.archive`). `named` are the URLs that the user gave (`recast.remote.toplevel`).
    """

    name: str = ""
    values: JsonObject = field(default_factory=dict)
    initdir: str | None = None
    archive: str | None = None
    match: str | None = None
    subinits: Mapping[str, str] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()
    """Inputs that may be files of this machine: they were extracted for this run (`recast.prepare.crate`)."""

    def folders(self) -> tuple[Path | None, dict[str, Path], InputArchive | None]:
        """Return the init directory, those of sub-workflows by stage, and the archive that the first one came from.

        Raises NotFound and what fetching raises.
        """
        if self.archive is None and self.initdir is None and not self.subinits:
            return None, {}, None
        from recast.remote import local_toplevel
        from recast.remote.archive import input_archive

        below = {name: local_toplevel(folder, named=self.named).path for name, folder in self.subinits.items()}
        if self.archive is not None:
            archive = input_archive(self.archive, self.match, self.named)
            return archive.path, below, archive
        initdir = local_toplevel(self.initdir, named=self.named).path if self.initdir is not None else None
        return initdir, below, None
