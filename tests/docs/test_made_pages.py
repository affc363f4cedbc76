"""The parts of the site that are made from the code: commands with all their options, the schemas of results."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import click
import pytest

from recast.cli.app import recast as root
from recast.results.types import RESULT_TYPES, schema
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def made() -> Iterator[dict[str, ModuleType]]:
    sys.path.insert(0, str(ROOT / "docs/_ext"))
    rooms = {"command_pages": "", "prun_table": "recast.service.docs.", "schema_tables": "recast.service.docs."}
    yield {name: import_module(f"{room}{name}") for name, room in rooms.items()}
    sys.path.remove(str(ROOT / "docs/_ext"))


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_each_command_has_a_page_with_all_its_options(made) -> None:
    pages = made["command_pages"].command_pages(root)
    assert list(pages) == root.list_commands(click.Context(root))
    for path, command in commands(root):
        page = pages[path[0]]
        assert (f"\n# recast {path[0]}\n" if len(path) == 1 else f"\n## {' '.join(path)}\n") in page
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert option.opts[0] in page, (path, option.opts)


def test_each_command_and_option_says_what_it_is_for() -> None:
    for path, command in commands(root):
        assert command.help, path
        for option in command.params:
            assert not isinstance(option, click.Option) or option.hidden or option.help, (path, option.name)


def test_a_page_has_examples_and_no_sign_of_markdown_by_accident(made) -> None:
    page = made["command_pages"].command_pages(root)["run"]
    assert "## Examples\n\n```sh\nrecast run atlas-susy-2018-31 --example demo\n" in page
    assert "(an imported entry" not in page
    assert re.search(r"\n# an imported entry.*\nrecast run examples/rome --example newsignal\n", page)
    assert "\n\n`-p KEY=YAML|@FILE`\n: " in page
    assert made["command_pages"]._escaped("a *b* `*c*` <d> e_f") == r"a \*b\* `*c*` \<d\> e\_f"


def test_each_type_of_result_has_a_table_of_its_keys(made) -> None:
    text = made["schema_tables"].schema_tables()
    for name in RESULT_TYPES:
        section = text.split(f"## {name}\n")[1].split("\n## ")[0]
        for key in schema(name)["properties"]:
            assert f"| `{key}` |" in section, (name, key)
    assert "| `cls_exp` | list of 5 number, or null |" in text


def test_the_table_of_prun_has_a_row_for_each_of_its_options(made) -> None:
    rows = re.findall(r"^\| `(--\w+)` \| (\w+) \| .+ \|$", made["prun_table"].prun_table(), re.MULTILINE)
    assert len(rows) == len(dict(rows)) == 142
    assert ("--containerImage", "option") in rows
