"""Measure the house: sizes, rooms, doors, circles, layers (`python -m benchmarks.house [FOLDER]`; -o json).

Needs nothing but Python and the code, of which nothing is run; layers are those of the contract in `pyproject.toml`.
A *room* is a folder of the package; a *door* is a module of a room that other rooms import; an import *past a face*
takes a name that its module does not offer (`__all__`) or that begins with an underscore. Imports for types count.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import statistics
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "recast"
_SMALLEST_COPY = 6
"""Lines from which on two identical functions are copies."""


@dataclass(frozen=True)
class Import:
    """`importer` takes `name` from `module`; no name if it takes the module itself."""

    importer: str
    module: str
    name: str | None


@dataclass(frozen=True)
class Module:
    """One file: its dotted name, its text and its tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The top folder that it lies in; a file beside those is a room of its own."""
        return self.name.split(".")[1] if "." in self.name else self.name

    @property
    def offers(self) -> set[str] | None:
        """What `__all__` says, None without one."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                return {item.value for item in getattr(node.value, "elts", []) if isinstance(item, ast.Constant)}
        return None


def modules_of(root: Path) -> dict[str, Module]:
    """Return all modules of the package by their dotted names."""
    found = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        found[name] = Module(name, path, text, ast.parse(text))
    return found


def imports_of(modules: Mapping[str, Module]) -> list[Import]:
    """Return every import of one module by another, wherever in the file it stands."""
    return [found for module in modules.values() for found in _imports(module, modules)]


def _imports(module: Module, modules: Mapping[str, Module]) -> Iterator[Import]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (Import(module.name, alias.name, None) for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (
                    Import(module.name, inner, None)
                    if inner in modules
                    else Import(module.name, node.module, alias.name)
                )


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected parts of more than one node (Tarjan, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []
    for start in sorted(edges):
        if start in index:
            continue
        work = [(start, iter(sorted(edges[start])))]
        index[start] = low[start] = len(index)
        stack.append(start)
        while work:
            node, following = work[-1]
            for other in following:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    work.append((other, iter(sorted(edges.get(other, ())))))
                    break
                if other in stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    part = stack[stack.index(node) :]
                    del stack[stack.index(node) :]
                    if len(part) > 1:
                        found.append(sorted(part))
    return found


def depth(edges: Mapping[str, set[str]]) -> int:
    """Return the longest chain of imports, circles taken as one step."""
    known: dict[str, int] = {}

    def of(node: str, above: frozenset[str]) -> int:
        if node not in known:
            below = [of(other, above | {node}) for other in edges.get(node, ()) if other not in above]
            known[node] = 1 + max(below, default=0)
        return known[node]

    return max(of(node, frozenset()) for node in edges)


def layers_of(root: Path) -> list[set[str]]:
    """Return the layers of the contract, the highest first."""
    document = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in document["tool"]["importlinter"]["contracts"]:
        if contract["type"] == "layers":
            return [{room.strip().removeprefix(f"{PACKAGE}.") for room in row.split("|")} for row in contract["layers"]]
    return []


def measure(root: Path) -> dict[str, object]:
    """Return every number about the house in a folder."""
    modules = modules_of(root)
    imports = imports_of(modules)
    lines = sorted(module.text.count("\n") for module in modules.values())
    functions = sorted(_function_lines(modules.values()))
    edges: dict[str, set[str]] = {name: set() for name in modules}
    for one in imports:
        if one.module != one.importer:
            edges[one.importer].add(one.module)
    faces = {name for name, module in modules.items() if module.path.name == "__init__.py"}
    inner = {name: {to for to in found if to not in faces or name in faces} for name, found in edges.items()}
    rooms = {module.room for module in modules.values() if "." in module.name} - {"__main__"}
    level = {room: number for number, row in enumerate(layers_of(root)) for room in row}
    between = {
        (modules[one.importer].room, modules[one.module].room)
        for one in imports
        if "." in one.module and "." in one.importer and modules[one.importer].room != modules[one.module].room
    }
    back = sorted(
        f"{a} -> {b}"
        for a, b in between
        if a in level and b in level and level[b] <= level[a] and "__main__" not in (a, b)
    )
    folders = Counter(module.path.parent for module in modules.values())
    doors = _doors(modules, imports)
    text = "\n".join(module.text for module in modules.values())
    return {
        "modules": len(lines),
        "lines": sum(lines),
        "module lines, median / p90 / longest": _spread(lines),
        "function lines, median / p90 / longest": _spread(functions),
        "fullest folder": " ".join(map(str, _most((path.relative_to(root), count) for path, count in folders.items()))),
        "most doors": " ".join(map(str, _most(doors.items()))),
        "rooms": len(rooms),
        "rooms in the layer contract": len(rooms & set(level)),
        "arrows back up": back,
        "circles of rooms": circles(_room_edges(between)),
        "circles of modules": circles(inner),
        "imports past a face": _past(modules, imports),
        "import depth of rooms": depth(_room_edges(between)),
        "import depth of modules, lazy imports included": depth(inner),
        "Any per 1,000 lines": round(1000 * text.count("Any") / sum(lines), 1),
        "identical copies": _copies(modules.values()),
    }


def _spread(values: Sequence[int]) -> str:
    ordered = sorted(values)
    return f"{statistics.median(ordered):g} / {ordered[int(0.9 * len(ordered))]} / {ordered[-1]}"


def _most(pairs: object) -> tuple[object, int]:
    return max(pairs, key=lambda pair: pair[1])  # type: ignore[call-overload,no-any-return]


def _room_edges(between: set[tuple[str, str]]) -> dict[str, set[str]]:
    edges: dict[str, set[str]] = defaultdict(set)
    for a, b in between:
        edges[a].add(b)
        edges[b] |= set()
    return edges


def _function_lines(modules: Iterator[Module] | object) -> Iterator[int]:
    for module in modules:  # type: ignore[attr-defined]
        for node in ast.walk(module.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno is not None:
                yield node.end_lineno - node.lineno + 1


def _doors(modules: Mapping[str, Module], imports: Sequence[Import]) -> Counter[str]:
    opened = {
        one.module
        for one in imports
        if modules[one.importer].room != modules[one.module].room and modules[one.module].name.count(".") > 1
    }
    return Counter(modules[name].room for name in opened)


def _past(modules: Mapping[str, Module], imports: Sequence[Import]) -> list[str]:
    found = []
    for one in imports:
        offers = modules[one.module].offers
        other_room = modules[one.importer].room != modules[one.module].room
        if (
            one.name
            and one.name != "*"
            and (
                (one.name.startswith("_") and one.module != f"{PACKAGE}._version")
                or (other_room and offers is not None and one.name not in offers)
            )
        ):
            found.append(f"{one.importer}: {one.module}.{one.name}")
    return sorted(found)


def _copies(modules: object) -> list[str]:
    bodies = defaultdict(list)
    for module in modules:  # type: ignore[attr-defined]
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= _SMALLEST_COPY:
                key = hashlib.sha256(ast.dump(ast.Module(node.body, [])).encode()).hexdigest()
                bodies[key].append(f"{module.name}.{node.name}")
    return [" = ".join(names) for names in bodies.values() if len(names) > 1]


def main() -> None:
    """Print the numbers as a table, or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parents[1])
    parser.add_argument("-o", "--output", choices=["table", "json"], default="table")
    arguments = parser.parse_args()
    found = measure(arguments.folder)
    if arguments.output == "json":
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        shown = (
            f"{len(value)}" + (f"  ({'; '.join(map(str, value[:4]))})" if value else "")
            if isinstance(value, list)
            else value
        )
        print(f"{name:<40} {shown}")


if __name__ == "__main__":
    main()
