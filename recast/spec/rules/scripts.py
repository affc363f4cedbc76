"""Rules on what a step's command does: failures that nobody sees, things that are not there elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from recast.counted import counted
from recast.spec.findings import Finding
from recast.spec.lint.shell import commands, is_shell
from recast.spec.model import ContainerEnvironment, Packtivity, Position
from recast.spec.rules.context import StageView, packtivities

__all__ = ["fetches", "hidden_exits", "host_paths", "missing_set_e", "undeclared_resources"]

_SET_E = re.compile(r"\bset\s+(-\w+\s+)*(-\w*e|-\w*o\s+errexit)|\btrap\b.*\bERR\b")
_FLAG_E = re.compile(r"\s-[a-z]*e|\berrexit\b")
_CHECKED = re.compile(r"\|\|\s*(exit|return|\{|\()")
_HARMLESS = re.compile(r"(export\s+|local\s+|readonly\s+)?[A-Za-z_]\w*=[^`$(]*|(echo|printf|set|true|:|exit)\b[^>|`(]*")
"""Commands that cannot fail, or whose failure says nothing."""
_HIDDEN = re.compile(r"\|\s*tee\b|\|\|\s*(true|:|echo\b|exit\s+0)|;\s*true\s*$")
_FETCH = re.compile(
    r"(?:^|[\s;&|(`])(?P<what>curl|wget|git\s+clone|xrdcp(?=.*root://)|rucio\s+(?:get|download)|gfal-copy|scp"
    r"|(?:pip3?|npm|yum|dnf|apt|apt-get|conda|mamba|micromamba)\s+(?:-\w+\s+)*install|docker\s+pull|svn\s+(?:co|checkout))"
    r"(?=\s|$)"
)
_HOST_PATH = re.compile(r"(?<![\w.}])/(?:afs|Users|eos/user|eos/home-\w|nfs|lustre)/[\w./-]*")
_CVMFS = re.compile(r"(?<![\w.}])/cvmfs/[\w.-]*")


@dataclass(frozen=True)
class _Command:
    """The shell command or script of one packtivity."""

    packtivity: Packtivity
    text: str
    interpreter: str
    position: Position


def missing_set_e(view: StageView) -> Iterator[Finding]:
    """A shell script of several commands that goes on after a failure."""
    for command in _shell_commands(view):
        steps = [text for text in commands(command.text) if not _HARMLESS.fullmatch(text)]
        unchecked = [text for text in steps[:-1] if not _CHECKED.search(text)]
        if not unchecked or _SET_E.search(command.text) or _FLAG_E.search(command.interpreter):
            continue
        what = f"The script goes on if one of its first {counted(len(steps) - 1, 'command')} fails"
        if len(steps) == 2:
            what = "The script goes on if its first command fails"
        remedy = "Begin it with `set -e`."
        yield view.found("no-set-e", what, command.position, next_step=remedy, severity="warning")


def hidden_exits(view: StageView) -> Iterator[Finding]:
    """A command whose failure is hidden by `| tee` or `|| true`."""
    for command in _shell_commands(view):
        for text in commands(command.text):
            found = _HIDDEN.search(text)
            piped = found is not None and "tee" in found[0]
            if found is None or (piped and ("pipefail" in command.text or _HARMLESS.fullmatch(text[: found.start()]))):
                continue
            remedy = "Put `set -o pipefail` above it and use bash." if piped else "Handle the failure, or let it fail."
            what = f"`{' '.join(found[0].split())}` hides the failure of what stands before it"
            yield view.found(
                "hidden-exit", what, command.position, next_step=remedy, severity="warning", excerpt=_line(text, found)
            )


def fetches(view: StageView) -> Iterator[Finding]:
    """A command that needs the network, in a step that does not ask for it."""
    for command in _shell_commands(view):
        environment = command.packtivity.environment
        if isinstance(environment, ContainerEnvironment) and environment.options.get("network"):
            continue
        for text in commands(command.text):
            found = _FETCH.search(text)
            if found is not None:
                what = f"`{' '.join(found['what'].split())}` fetches from the network"
                remedy = "Put what it fetches into the image or the inputs, or write `recast: {network: true}`."
                yield view.found(
                    "fetches", what, command.position, next_step=remedy, severity="warning", excerpt=_line(text, found)
                )


def host_paths(view: StageView) -> Iterator[Finding]:
    """A folder of one person or one site in a command or a parameter."""
    remedy = "Put the files into the image or the inputs."
    for command in _shell_commands(view):
        for found in _HOST_PATH.finditer(command.text):
            what = f"The command names {found[0]!r}, which exists on no other machine"
            yield view.found(
                "host-path", what, command.position, next_step=remedy, severity="warning", excerpt=found[0]
            )
    for name, value in view.stage.parameters.items():
        if isinstance(value, str) and _HOST_PATH.match(value):
            what = f"The parameter {name!r} names {value!r}, which exists on no other machine"
            yield view.found("host-path", what, view.at_parameter(name), next_step=remedy, severity="warning")


def undeclared_resources(view: StageView) -> Iterator[Finding]:
    """A command that reads /cvmfs, in a container that is not given it."""
    for command in _shell_commands(view):
        environment = command.packtivity.environment
        found = _CVMFS.search(command.text)
        if found is None or not isinstance(environment, ContainerEnvironment) or "CVMFS" in environment.resources:
            continue
        what = f"The command reads {found[0]!r}, but its environment does not ask for CVMFS"
        remedy = "Add `resources: [CVMFS]` to the environment."
        yield view.found(
            "undeclared-resource", what, command.position, next_step=remedy, severity="warning", excerpt=found[0]
        )


def _shell_commands(view: StageView) -> Iterator[_Command]:
    for packtivity in packtivities(view.stage):
        process = packtivity.process
        if process is None or process.kind == "manual":
            continue
        if process.kind == "command":
            yield _Command(packtivity, process.template, "sh", view.in_packtivity(packtivity, "process", "cmd"))
        elif is_shell(process.interpreter):
            position = view.in_packtivity(packtivity, "process", "script")
            yield _Command(packtivity, process.template, process.interpreter, position)


def _line(text: str, found: re.Match[str]) -> str:
    """Return the line of a text in which a match starts, to find it again in the file."""
    start = text.rfind("\n", 0, found.start()) + 1
    return text[start:].split("\n")[0].strip()
