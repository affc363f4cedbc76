"""The workflow of one stage that an order is, as a document of the language. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from recast.engine.overrides import StageOverrides
from recast.json_types import JsonDict
from recast.submissions.order import SubmitOrder, words_with

__all__ = ["SPEC_NAME", "STAGE", "command_template", "spec_of", "spec_text"]

SPEC_NAME = "submit.json"
STAGE = "job"
NOTHING = StageOverrides()
_FILES = "files"


def spec_text(order: SubmitOrder, reference: str, said: StageOverrides = NOTHING) -> str:
    """Return the document as it is written into a run's `spec` folder."""
    return json.dumps(spec_of(order, reference, said), indent=1, ensure_ascii=False) + "\n"


def spec_of(order: SubmitOrder, reference: str, said: StageOverrides = NOTHING) -> JsonDict:
    """Return the workflow of an order, whose image is `NAME@sha256:...`.

    Variables, resources, network and CVMFS are in it as well, so that whoever has the spec has the whole job.
    What varies from job to job are inputs: `index`, `item`; the files are the input `files`.
    """
    inputs = [*order.names, *([_FILES] if order.files else [])]
    scheduler: JsonDict = {
        "scheduler_type": "multistep-stage" if order.names else "singlestep-stage",
        "parameters": {name: {"step": "init", "output": name} for name in inputs},
    }
    if order.names:
        scheduler["scatter"] = {"method": "zip", "parameters": list(order.names)}
    scheduler["step"] = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": command_template(order)},
        "environment": {"environment_type": "docker-encapsulated", "image": reference, **_environment(said)},
        "publisher": _publisher(order),
    }
    return {"stages": [{"name": STAGE, "dependencies": ["init"], "scheduler": scheduler}]}


def _environment(said: StageOverrides) -> JsonDict:
    """Return what a spec can say of the environment; the user's binds and wishes it cannot."""
    options = dict(said.options)
    needs = ["CVMFS"] if options.pop("cvmfs", False) else []
    parts: JsonDict = {"env": dict(said.env), "resources": [*needs, *([{"recast": options}] if options else [])]}
    return {name: part for name, part in parts.items() if part}


def command_template(order: SubmitOrder) -> str:
    """Return the command as a template: each word is quoted for the shell, so what it runs is this argv.

    Files are linked into the folder first. The links go again, so that no pattern of outputs takes them for results.
    """
    argv = " ".join(_word(pieces) for pieces in words_with(order.command, order.names))
    if not order.files:
        return argv
    names = " ".join(_escaped(shlex.quote(path.name)) for path in order.files)
    return (
        f"ln -s {{{_FILES}}} . || exit 1\n{argv}\ncode=$?\n"
        f'for name in {names}; do [ ! -L "$name" ] || rm -f -- "$name"; done\nexit $code'
    )


def _word(pieces: Sequence[tuple[bool, str]]) -> str:
    """Return one word of a command: items of a request quote themselves when they are filled in."""
    if not pieces:
        return "''"
    return "".join(f"{{{text}}}" if is_name else _escaped(shlex.quote(text)) for is_name, text in pieces)


def _publisher(order: SubmitOrder) -> JsonDict:
    if not order.outputs:
        return {"publisher_type": "constant-pub", "publish": {}}
    patterns = [
        "{workdir}/" + "".join(f"{{{text}}}" if is_name else _escaped(text) for is_name, text in pieces)
        for pieces in words_with(order.outputs, order.names)
    ]
    kept = patterns if len(patterns) > 1 else patterns[0]
    return {"publisher_type": "interpolated-pub", "publish": {"outputs": kept}, "glob": True}


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
