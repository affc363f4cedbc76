"""`recast run` over nodes that do not see our disks, in this process: what really travels.

python -m benchmarks.sandboxed_run FOLDER rides|url ARGUMENTS...

Jobs run as subprocesses in folders of their own below FOLDER, with copies of what the executor let ride along. With
`url`, files of a megabyte and more go by a server on this machine. The last line of standard output is one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

from recast.executors import registry
from recast.executors.batch.settings import COMMON
from tests.executors.sandboxed import Nodes, SandboxedEngine
from tests.worker.webstore import web_store

__all__ = ["Carried"]

_made: list[Carried] = []


class Carried(SandboxedEngine):
    """The small batch system of the tests, without a shared disk."""

    settings: ClassVar[Any] = COMMON

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(Nodes(Path(os.environ["SANDBOXES"]), shared=False))
        _made.append(self)


def main(arguments: list[str]) -> int:
    """Run the command line with `sandboxed` among the executors; print what travelled."""
    # As `__main__` this module is another one than the executor's class is looked up in.
    sys.modules.setdefault("benchmarks.sandboxed_run", sys.modules[__name__])
    registry.OWN["sandboxed"] = "benchmarks.sandboxed_run:Carried"
    folder, way, arguments = Path(arguments[0]), arguments[1], arguments[2:]
    os.environ["SANDBOXES"] = str(folder / "nodes")
    with ExitStack() as stack:
        server = stack.enter_context(web_store()) if way == "url" else None
        if server is not None:
            settings = {"store_url": server.url, "store_from_mb": 1, "node_cache": str(folder / "cache")}
            flags = {f"--sandboxed-{name.replace('_', '-')}": str(value) for name, value in settings.items()}
            arguments += [word for flag in flags.items() for word in flag]
        code = _recast(arguments)
    by_url = server.sent_bytes + sum(map(len, server.files.values())) if server is not None else 0
    print(json.dumps({"code": code, "sent": _made[-1].nodes.bytes_sent, "back": _back(folder), "by_url": by_url}))
    return 0


def _back(folder: Path) -> int:
    """Return the bytes of all `out` folders, as they lie on the nodes."""
    return sum(path.stat().st_size for out in (folder / "nodes").glob("*/out") for path in out.iterdir())


def _recast(arguments: list[str]) -> int:
    from recast.cli.app import run

    return run(["run", *arguments, "--executor", "sandboxed"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
