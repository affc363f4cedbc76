"""Random changes of valid workflows, as a person makes them: keys dropped, renamed, added, values of other types."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

VALUES = [None, True, 0, 2.5, "x", [], {}, ["a"], [{}], {"a": 1}, {"step": "init"}, {"stages": "x", "output": 3}]


def packtivity(process: Any = None, environment: Any = None, publisher: Any = None) -> dict[str, Any]:
    return {
        "process": process,
        "environment": environment,
        "publisher": publisher or {"publisher_type": "constant-pub", "publish": {}},
    }


def stage(name: str, kind: str, **scheduler: Any) -> dict[str, Any]:
    return {"name": name, "scheduler": {"scheduler_type": f"{kind}-stage", **scheduler}}


EVERYTHING = {
    "stages": [
        {
            **stage(
                "a",
                "multistep",
                parameters=[{"key": "a", "value": 1}],
                batchsize=2,
                workflow_opts={},
                register_values={},
                scatter={"method": "zip", "parameters": ["a"]},
                cases=[
                    {
                        "if": ".",
                        "step": packtivity(
                            {"process_type": "manual-instructions-proc", "instructions": "x"},
                            {
                                "environment_type": "docker-encapsulated",
                                "image": "x",
                                "par_mounts": [{"jqscript": ".", "mountpath": "x"}],
                                "workdir": None,
                                "env": {"a": 1},
                            },
                            {"publisher_type": "fromparjq-pub", "tryExact": True},
                        ),
                    },
                    {"if": "1", "workflow": {"stages": []}},
                ],
            ),
            "dependencies": {"dependency_type": "expressions_fulfilled", "expressions": [1]},
        },
        stage(
            "b",
            "jq",
            bindings={},
            stepscript=".",
            foo=1,
            step=packtivity(
                {"process_type": "interpolated-script-cmd", "script": "x", "interpreter": "sh"},
                {"environment_type": "manual-instructions-env", "instructions": "x"},
                {"publisher_type": "manual-instructions-pub", "instructions": "x"},
            ),
        ),
        stage(
            "c",
            "singlestep",
            parameters={},
            step=packtivity(
                {"process_type": "string-interpolated-cmd", "cmd": "x"},
                {"environment_type": "noop-env"},
                {"publisher_type": "fromyaml-pub", "yamlfile": "x"},
            ),
        ),
        stage(
            "d",
            "singlestep",
            parameters={"p": {"step": "init", "output": "x"}},
            step=packtivity(publisher={"publisher_type": "fromglob-pub", "globexpression": "x", "outputkey": "y"}),
        ),
        stage(
            "e",
            "singlestep",
            parameters={},
            step=packtivity(
                None,
                {"environment_type": "localproc-env"},
                {"publisher_type": "interpolated-pub", "publish": {}, "glob": True},
            ),
        ),
    ]
}
"""Every kind of scheduler, dependency, process, environment and publisher."""


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield from paths(item, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def mutants(originals: list[Any], count: int, seed: int) -> list[Any]:
    """Return `count` documents, each with one to three changes."""
    chance = random.Random(seed)
    found = [at(document, path) for document in originals for path in paths(document)]
    pieces = [piece for piece in found if len(json.dumps(piece)) < 200]
    keys = sorted({key for piece in found if isinstance(piece, dict) for key in piece})
    return [mutant(chance, copy.deepcopy(chance.choice(originals)), pieces, keys) for _ in range(count)]


def mutant(chance: random.Random, document: Any, pieces: list[Any], keys: list[str]) -> Any:
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        places = list(paths(document))[1:]
        if not places:
            break
        path = chance.choice(places)
        parent, key = at(document, path[:-1]), path[-1]
        change = chance.randrange(5)
        if change == 0:
            del parent[key]
        elif change == 1:
            parent[key] = copy.deepcopy(chance.choice(VALUES))
        elif change == 2:
            parent[key] = copy.deepcopy(chance.choice(pieces))
        elif isinstance(parent, dict):
            value = parent.pop(key) if change == 3 else chance.choice(VALUES)
            parent[chance.choice(keys)] = copy.deepcopy(value)
    return document
