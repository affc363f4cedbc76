"""The reference of commands, from the commands themselves: a page each for what stands directly behind `recast`."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator

import click

__all__ = ["command_pages"]

_REMARK = re.compile(r"^(.*?\S) {3,}\((.*)\)$", re.MULTILINE)
"""What an example says about itself, at the end of its line; a shell would have it before, behind a #."""
_SPECIAL = re.compile(r"([\\*_<>\[\]{}$~|#])")


def command_pages(root: click.Group) -> dict[str, str]:
    """Return the page of each command by its name, as Markdown (MyST)."""
    context = click.Context(root, info_name="recast")
    return {
        name: "\n".join(_page(command, click.Context(command, info_name=name, parent=context)))
        for name, command in _commands(root, context)
    }


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, command


def _page(command: click.Command, context: click.Context) -> Iterator[str]:
    yield from ("---", "tocdepth: 2", "---", "")
    yield from (f"# {context.command_path}", "")
    yield from _body(command, context, "##")
    yield from _below(command, context)


def _below(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield a section for each command of a group, also of groups in it."""
    if not isinstance(command, click.Group):
        return
    for name, item in _commands(command, context):
        inner = click.Context(item, info_name=name, parent=context)
        yield from (f"## {inner.command_path.removeprefix('recast ')}", "")
        yield from _body(item, inner, "###")
        yield from _below(item, inner)


def _body(command: click.Command, context: click.Context, level: str) -> Iterator[str]:
    yield from _text(command.help or "")
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield from ("```text", " ".join([context.command_path, *command.collect_usage_pieces(context)]), "```", "")
    yield from _epilog(command.epilog or "", level)
    options = list(_options(command, context))
    if options:
        yield from (f"{level} Options" if level == "##" else "**Options**", "", *options)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None or not record[1] or "--help" in parameter.opts:
            continue
        what = re.sub(r"\s*\[x>=(\S+)\]", r" At least \1.", " ".join(record[1].split()))
        yield from (f"`{record[0].replace(' RANGE', '')}`", f": {_escaped(what)}", "")


def _text(text: str) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        yield from (_escaped(" ".join(paragraph.replace("\b", "").split())), "")


def _epilog(epilog: str, level: str) -> Iterator[str]:
    """Yield the parts behind a command's help: a block of lines with its title, or a paragraph."""
    for part in re.split(r"\n?\x08\n|\n\n", inspect.cleandoc(epilog)):
        lines = part.strip("\n").splitlines()
        if len(lines) > 1 and lines[1].startswith(" "):
            title = lines[0].rstrip(":")
            heading = f"{level} {title}" if level == "##" and len(title) < 40 else f"**{_escaped(title)}**"
            body = textwrap.dedent("\n".join(lines[1:]))
            if title == "Examples":
                yield from (heading, "", "```sh", _REMARK.sub(_remarked, body), "```", "")
            else:
                yield from (heading, "", "```text", body, "```", "")
        elif part.strip():
            yield from _text(part)


def _remarked(line: re.Match[str]) -> str:
    """Return an example with its remark as a comment: what comes then below, anything else above."""
    command, remark = line[1], line[2].removeprefix("then: ")
    return f"# {remark}\n{command}" if remark == line[2] else f"{command}\n# then: {remark}"


def _escaped(text: str) -> str:
    """Return a text of a terminal as Markdown; what stands between backticks stays."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else _SPECIAL.sub(r"\\\1", part) for part in parts)
