"""Libraries that panda-server imports and nothing here uses: stood in for by modules whose parts refuse to be used.

Drivers of databases, Rucio, iDDS and data frames are hundreds of megabytes. Whoever calls something of theirs gets a
RuntimeError that says so: no answer of such a part can be mistaken for the real one's.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

__all__ = ["ABSENT", "stand_in"]

ABSENT = ("MySQLdb", "cwl_utils", "idds", "numpy", "polars", "ruamel", "rucio", "snakemake", "stomp")


class _Part(type):
    def __getattr__(cls, name: str) -> Any:
        # Polars is told at import how to print tables: that much is let pass, and nothing is answered.
        if name.startswith("set_"):
            return lambda *_: None
        raise AttributeError(name)


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _Part(name, (Exception,), {"__init__": _refuse, "__module__": self.__name__})
        setattr(self, name, made)
        return made


def _refuse(self: object, *_: object, **__: object) -> None:
    raise RuntimeError(f"{self!r}: this test-bed has no such library, and nothing may depend on it")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in ABSENT:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        return


def stand_in() -> None:
    """Let the imports of the absent libraries succeed; call it before anything of panda-server is imported."""
    sys.meta_path.insert(0, _Finder())
