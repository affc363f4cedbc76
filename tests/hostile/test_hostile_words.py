"""Words of strangers on a terminal: every command that reads shows them, none lets them act, forge lines or leak."""

from __future__ import annotations

import ast
import base64
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from recast.cli.app import run as recast_command
from recast.paths import places
from recast.terminal_safe import is_invisible, json_visible, one_line, visible
from tests.catalogue.catalogue_parts import Checkout
from tests.runs.told import stage

TOKEN = "Zq9xB7mK2pLw"
URL = f"https://storage.example.org/x.root?authz={TOKEN}"
EVIL = (
    "\x1b]0;pwned\x07\x1b[2J\x1b[31m\rrun forged succeeded\x08\x7f \x9b31m\x85 \u202eevil\u2066 \u200b\ufeff\u3164 "
    "\u2028 [red]x[/red] [link=http://e.org]y[/link]"
)
RAW = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2028\u2029\ufeff\u3164\ud800-\udfff]"
)

Call = Callable[..., tuple[int, str]]

READING = [
    ["runs"],
    ["show", "last"],
    ["status", "last"],
    ["explain", "last", "/say/0"],
    ["explain", "last", "/fail/0"],
    ["explain", "last", "/late/0"],
    ["diff", "last", "last"],
    ["results", "last"],
    ["plan", "workflow.yml", "-p", "q=PARAMETER", "--allow-host-process"],
    ["spec", "validate", "workflow.yml"],
    ["spec", "lint", "workflow.yml"],
    ["spec", "digest", "workflow.yml"],
    ["spec", "graph", "workflow.yml", "-p", "q=PARAMETER"],
    ["spec", "graph", "last"],
]


@pytest.fixture
def call(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str]:
        code = recast_command(list(arguments))
        said = capfd.readouterr()
        return code, said.out + said.err

    return command


@pytest.fixture
def hostile_run(call: Call, tmp_path: Path) -> str:
    """A run whose parameters, outputs, log and reasons are EVIL; return what was said while it ran."""
    blob = base64.b64encode(json.dumps({"o": EVIL + "\nrun x: succeeded", "u": URL}).encode()).decode()
    printed = base64.b64encode(f"{EVIL}\n{URL}\n\xff".encode("latin-1", "ignore") + EVIL.encode()).decode()
    publish = {"publisher_type": "fromyaml-pub", "yamlfile": "o.yml"}
    q = {"q": {"step": "init", "output": "q"}}
    none = {"publisher_type": "constant-pub", "publish": {"x": EVIL}}
    say = f"echo {blob} | base64 -d > o.yml; echo {printed} | base64 -d"
    fail = f"echo {printed} | base64 -d >&2; exit 3"
    late = {"o": {"step": "fail", "output": "x"}}
    stages = [stage("say", q, say, publish), stage("fail", q, fail, none), stage("late", late, "true", none)]
    (tmp_path / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    code, said = call("run", "workflow.yml", "-p", f"q={json.dumps(EVIL + URL)}", "--allow-host-process")
    assert code == 1, said
    return said


def check(said: str) -> None:
    said = said.replace("\r\n", "\n")  # CSV's own
    assert not RAW.search(said), ascii(said[max(0, RAW.search(said).start() - 60) :][:200])  # type: ignore[union-attr]
    assert TOKEN not in said
    assert not re.search(r"^run (x|forged)", said, re.MULTILINE)


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_commands_that_read_a_run(hostile_run: str, call: Call, form: str) -> None:
    check(hostile_run)
    for command in READING:
        words = [word.replace("PARAMETER", json.dumps(EVIL + URL)) for word in command]
        if command[:2] == ["spec", "graph"]:
            words += ["-o", {"table": "dot", "jsonl": "mermaid", "csv": "svg"}.get(form, form)]
        else:
            words += ["-o", form]
        code, said = call(*words)
        assert code in (0, 1, 6), (command, said)
        if form == "json" and code == 0:
            json.loads(said[: said.rindex("}") + 1 if said.lstrip().startswith("{") else said.rindex("]") + 1])
        check(said)


def test_logs(hostile_run: str, call: Call) -> None:
    for command in (["logs", "last", "say"], ["logs", "last"], ["logs", "last", "say", "--tail", "1"]):
        code, said = call(*command)
        assert code == 0 and "\\u001b[31m" in said
        check(said)
    code, said = call("logs", "last", "say", "--raw")
    assert "\x1b[31m" in said and TOKEN in said


def test_errors_with_words_of_strangers(call: Call, tmp_path: Path) -> None:
    for command in (
        ["show", EVIL],
        ["run", EVIL],
        [EVIL],
        ["run", URL, "--toplevel", URL],
        ["run", "workflow.yml", "--toplevel", URL],
        ["explain", "last", EVIL],
        ["catalogue", "show", EVIL],
        ["catalogue", "add", URL + "#" + EVIL.replace("\x00", "")],
        ["run", "w.yml", "-p", EVIL],
        ["image", "tags", EVIL],
        ["publish", EVIL],
        ["spec", "validate", EVIL],
    ):
        code, said = call(*command)
        assert code in (2, 3, 4, 6), (command, said)
        check(said)


def test_a_run_goes_on_with_what_was_masked(hostile_run: str, call: Call, tmp_path: Path) -> None:
    request = next(places().runs.glob("*/request.json"))
    assert TOKEN in request.read_text() and stat.S_IMODE(request.stat().st_mode) == 0o600
    code, said = call("retry", "last")
    assert code == 1 and "exit code 3" in said
    check(said)


def test_a_crate_keeps_no_token(hostile_run: str, call: Call, tmp_path: Path) -> None:
    code, said = call("results", "last", "--export", "ro-crate", str(tmp_path / "crate"))
    assert code == 0, said
    files = [file for file in (tmp_path / "crate").rglob("*") if file.suffix in (".json", ".md")]
    assert files and all(TOKEN not in file.read_text() for file in files)


def test_commands_that_read_an_entry(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = Checkout(tmp_path / "checkout")
    text = f"A tiny {EVIL}\ntiny-9  9.9.9 verified {URL}"
    body = yaml.safe_load(checkout.entry.read_text())
    body |= {"title": text, "abstract": text, "final_states": [text], "models": [text], "keywords": [text]}
    body["versions"][0]["examples"]["demo"]["description"] = text
    body["versions"][0]["results"][0]["title"] = text
    checkout.entry.write_text(yaml.safe_dump(body))
    monkeypatch.chdir(checkout.root)
    code, said = call("publish", "tiny-1")
    if code == 3:  # a key that the entry does not have
        body.pop("keywords")
        checkout.entry.write_text(yaml.safe_dump(body))
        code, said = call("publish", "tiny-1")
    assert code == 0, said
    check(said)
    call("catalogue", "withdraw", "tiny-1@1.0.0", "--reason", text)
    for command in (
        ["catalogue", "ls"],
        ["catalogue", "ls", "--all"],
        ["catalogue", "search", "tiny"],
        ["catalogue", "show", "tiny-1@1.0.0"],
        ["catalogue", "check", "catalogue/tiny-1.yml"],
        ["catalogue", "diff", "tiny-1@1.0.0", "tiny-1@1.0.0"],
        ["show", "inputs", "tiny-1"],
        ["show", "inputs", "tiny-1", "--template"],
        ["run", "tiny-1", "--example", "demo"],
        ["export-analyses"],
    ):
        for more in ([], ["-o", "json"], ["-o", "csv"]):
            code, said = call(*command, *more)
            check(said)
            assert not re.search(r"^tiny-9", said, re.MULTILINE), said


# -- the rule


def test_nothing_else_in_the_command_line_prints() -> None:
    """`recast.cli.output` is the only way out."""
    found = []
    for file in Path("recast/cli").resolve().glob("*.py") if Path("recast/cli").is_dir() else _cli().glob("*.py"):
        if file.name in ("output.py", "__init__.py"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and _says(node.func):
                found.append(f"{file.name}:{node.lineno}")
    assert not found


def _cli() -> Path:
    import recast.cli

    return Path(recast.cli.__file__).parent


def _says(func: ast.expr) -> bool:
    if isinstance(func, ast.Name):
        return func.id == "print"
    return isinstance(func, ast.Attribute) and (
        func.attr in ("echo", "secho")
        or (func.attr == "write" and ast.unparse(func.value).startswith(("sys.stdout", "sys.stderr")))
    )


def test_json_is_another_spelling_of_the_same() -> None:
    document = {"a": EVIL + "\U000e0001\ud800", "b": "µ and 日本"}
    text = json_visible(json.dumps(document, ensure_ascii=False))
    assert json.loads(text) == document
    assert not any(is_invisible(letter) for letter in text) and "日本" in text


@pytest.mark.parametrize("letter", ["\x1b", "\x9b", "\x7f", "\r", "\u202e", "\u2066", "\ud800", "\u3164", "\U000e0041"])
def test_what_cannot_be_seen(letter: str) -> None:
    assert letter not in visible(f"a{letter}b")
    assert "\n" not in one_line(f"a\nb{letter}")
