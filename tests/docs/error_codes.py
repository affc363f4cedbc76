"""The error codes of the code, found in its syntax: which there are, with which exit codes, and what they say."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from recast import errors
from recast.errors import RecastError
from recast.pages import error_pages
from recast.spec.rulebook import RULES
from tests.conftest import ROOT

CODE = re.compile(r"[a-z]+([.-][a-z-]+)*")


@dataclass(frozen=True)
class Kind:
    """A class of errors; `of_all` for one of `recast.errors`, whose first argument is what it says."""

    code: str
    exit_code: int
    of_all: bool = True


def _kinds() -> dict[str, Kind]:
    """Return the classes of errors by name: those of `recast.errors`, and those that rooms derive from them."""
    found = {
        name: Kind(kind.code, kind.exit_code)
        for name in errors.__all__
        if isinstance(kind := getattr(errors, name), type) and issubclass(kind, RecastError)
    }
    classes = [
        node
        for path in sorted((ROOT / "recast").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    before = 0
    while len(found) > before:  # one derived from one that is derived
        before = len(found)
        for node in classes:
            base = next((found[name] for it in node.bases if (name := ast.unparse(it)) in found), None)
            if base is not None and node.name not in found:
                found[node.name] = _derived(node, base)
    return found


def _derived(node: ast.ClassDef, base: Kind) -> Kind:
    given = {
        it.targets[0].id: it.value.value
        for it in node.body
        if isinstance(it, ast.Assign) and isinstance(it.targets[0], ast.Name) and isinstance(it.value, ast.Constant)
    }
    return Kind(str(given.get("code", base.code)), int(given.get("exit_code", base.exit_code)), of_all=False)


CLASSES = _kinds()
Helpers = dict[str, tuple[int, str]]
OF_LAYERS = {"LayerFault": "image", "LayerCorrupt": "image.corrupt"}
"""Exceptions of rooms that travel with the worker; users see them as ImageErrors."""


@dataclass
class Code:
    """One error code: the exit codes that come with it, and what its errors say (None: put together elsewhere)."""

    exit_codes: set[int] = field(default_factory=set)
    says: list[re.Pattern[str] | None] = field(default_factory=list)
    places: list[str] = field(default_factory=list)


def codes_of_errors() -> dict[str, Code]:
    """Return all codes that an error can have, but for those of lint rules, which have pages of their own."""
    found: dict[str, Code] = defaultdict(Code)
    for name, kind in CLASSES.items():
        found[kind.code].exit_codes.add(kind.exit_code)
        found[kind.code].places.append(f"class {name}")
        if not kind.of_all:
            found[kind.code].says.append(None)
    for path in sorted((ROOT / "recast").rglob("*.py")):
        _read(path, found)
    return {code: found[code] for code in sorted(found) if code not in RULES}


def error_index() -> str:
    """Return the page that lists all codes, grouped by what stands before the first dot."""
    lines = [
        "# Error codes",
        "",
        "Every error has a stable code, in brackets in its first line and as `code` in JSON. `recast help CODE` prints",
        "the page of a code. The findings of `recast spec lint` have [separate pages](../rules/index.md).",
        "",
        "Generated from the pages by `scripts/error-pages`.",
        "",
        "| code | exit code | meaning |",
        "|---|---|---|",
    ]
    lines += [f"| [{page.code}]({page.code}.md) | {page.exit_code} | {page.title} |" for page in error_pages()]
    return "\n".join(lines) + "\n"


def _read(path: Path, found: dict[str, Code]) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    helpers = {name: (place, kind) for name, place, kind in _with_code(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            for code in _codes_of(node, helpers):
                _add(found[code], node, place, helpers)
        elif isinstance(node, ast.FunctionDef):
            for code, exit_codes in _gathered(node):
                found[code].exit_codes |= exit_codes
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp) and _names(node.targets) == {"code"}:
            for code in filter(_is_code, _texts(node.value)):
                found[code].places.append(f"{path.relative_to(ROOT)}:{node.lineno}")


def _gathered(function: ast.FunctionDef) -> Iterator[tuple[str, set[int]]]:
    """Yield the codes in a function's maps, which become arguments, with the exit codes of what is called with them."""
    nodes = list(ast.walk(function))
    calls = [node for node in nodes if isinstance(node, ast.Call) and any(it.arg is None for it in node.keywords)]
    exit_codes = {CLASSES[name].exit_code for call in calls if (name := _name(call)) in CLASSES}
    for texts in (node for node in nodes if isinstance(node, ast.Dict)):
        for key, value in zip(texts.keys, texts.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "code":
                yield from ((code, exit_codes) for code in filter(_is_code, _texts(value)))


def _with_code(tree: ast.AST) -> Iterator[tuple[str, int, str]]:
    """Yield what takes a code among its arguments: its name, the place of the code, and the class that it returns."""
    yield "Finding", 0, ""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
            names = [argument.arg for argument in node.args.args]
            if "code" in names:
                yield node.name, names.index("code"), ast.unparse(node.returns) if node.returns is not None else ""


def _codes_of(call: ast.Call, helpers: Helpers) -> list[str]:
    name = _name(call)
    given = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    if name in helpers and len(call.args) > helpers[name][0]:
        given.append(call.args[helpers[name][0]])
    if given:
        return [text for text in _texts(given[0]) if _is_code(text)]
    if name in CLASSES and call.args:
        return [CLASSES[name].code]
    return [OF_LAYERS[name]] if name in OF_LAYERS else []


def _is_code(text: str) -> bool:
    return ("." in text or text in {"unforeseen", "usage"}) and CODE.fullmatch(text) is not None


def _add(code: Code, call: ast.Call, place: str, helpers: Helpers) -> None:
    name = _name(call)
    kind = CLASSES.get(name) or CLASSES.get(helpers.get(name, (0, ""))[1])
    code.places.append(place)
    if kind is not None:
        code.exit_codes.add(kind.exit_code)
    elif name in OF_LAYERS:
        code.exit_codes.add(errors.ImageError.exit_code)
    says = (name in CLASSES and CLASSES[name].of_all) or name in OF_LAYERS
    code.says.append(_pattern(call.args[1 if _is_of(call) else 0]) if says else None)


def _name(call: ast.Call) -> str:
    """Return the name of what is called; of `StoreError.of(problem, what, ...)` that of the class."""
    names = ast.unparse(call.func).split(".")
    return names[-2] if _is_of(call) else names[-1]


def _is_of(call: ast.Call) -> bool:
    names = ast.unparse(call.func).split(".")
    return names[-1] == "of" and len(names) > 1 and names[-2] in CLASSES


def _pattern(what: ast.expr) -> re.Pattern[str] | None:
    """Return what fits a sentence of the code, whatever stands for its values; None if it is made elsewhere."""
    if isinstance(what, ast.Constant) and isinstance(what.value, str):
        return re.compile(re.escape(what.value))
    if isinstance(what, ast.JoinedStr):
        parts = [re.escape(part.value) if isinstance(part, ast.Constant) else ".*" for part in what.values]
        return re.compile("".join(parts))
    return None


def _texts(node: ast.expr) -> list[str]:
    return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def _names(targets: list[ast.expr]) -> set[str]:
    return {target.id for target in targets if isinstance(target, ast.Name)}
