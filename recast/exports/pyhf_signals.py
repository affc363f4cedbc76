"""Find the signals that a run fitted, in the files of steps that take a pyhf workspace and a patch for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recast.errors import StoreError
from recast.exports.patchset import Signal, digest, fits, is_patch, is_workspace
from recast.jobs import RUN_ROOT, Artifact
from recast.json_types import JsonDict, JsonObject
from recast.runs.open_run import OpenRun
from recast.store import ArtifactStore
from recast.strictjson import parse_json
from recast.workflow import Step
from recast.workflow.locate import artifacts_of, owner_of, paths_in

__all__ = ["Fitted", "fitted"]

_LARGEST_BYTES = 64 << 20


@dataclass(slots=True)
class Fitted:
    """A workspace and the signals that were added to it; `path` is that of its file in the run, without suffix."""

    path: str
    workspace: JsonObject
    signals: list[Signal] = field(default_factory=list)


def fitted(live: OpenRun, store: ArtifactStore, points: Sequence[JsonObject]) -> list[Fitted]:
    """Return the workspaces of a run with their signals; none if the run has no pyhf patch.

    `points` are those of the run's limits: a signal with the name of one gets its coordinates. Patches of a published
    patchset are used if the run has no patches of its own. Raises StoreError if a file is missing.
    """
    found = _Found(store, {str(point["name"]): point for point in points if "name" in point})
    steps = [run.step for run in live.engine.runs.values() if run.step.packtivity is not None]
    for step in steps:
        found.add(step, list(_inputs(live, step)), found.patches)
    if not any(one.signals for one in found.by_digest.values()):
        for step in steps:
            found.add(step, list(_inputs(live, step)), found.of_patchset)
    return [one for one in found.by_digest.values() if one.signals]


class _Found:
    """What was found so far. A signal that occurs twice (one step makes it, the next takes it) counts once."""

    def __init__(self, store: ArtifactStore, points: Mapping[str, JsonObject]) -> None:
        self.store, self.points = store, points
        self.by_digest: dict[str, Fitted] = {}
        self._seen: set[tuple[str, str]] = set()
        self._documents: JsonDict = {}

    def add(self, step: Step, inputs: Sequence[Artifact], read: Any) -> None:
        """Add the signals that a reader finds among a step's files, each with the workspace that it fits."""
        spaces = [(item, self.document(item)) for item in inputs if is_workspace(self.document(item))]
        for signal in read(step, [*inputs, *step.outputs.values()]) if spaces else ():
            if (best := _best([(item, space) for item, space in spaces if fits(signal.patch, space)])) is not None:
                self._keep(digest(best[1]), *best, signal)

    def _keep(self, key: str, item: Artifact, space: JsonObject, signal: Signal) -> None:
        content = json.dumps(signal.patch, sort_keys=True)
        if (key, content) not in self._seen:
            self._seen.add((key, content))
            self.by_digest.setdefault(key, Fitted(item.path.removesuffix(".json"), space)).signals.append(signal)

    def patches(self, step: Step, files: Sequence[Artifact]) -> Iterator[Signal]:
        """Yield the signals in files that are a JSON patch, or objects with a `patch` and a `point`."""
        known = step.parameters if isinstance(step.parameters, dict) else {}
        for item in files:
            document = self.document(item)
            if is_patch(document):
                yield self._named(str(known.get("point") or step.id.strip("/")), document)
            elif (
                isinstance(document, dict)
                and is_patch(document.get("patch"))
                and isinstance(document.get("point"), dict)
            ):
                name = str(document["point"].get("name") or step.id.strip("/"))
                yield Signal(name, document["patch"], document["point"])

    def of_patchset(self, step: Step, files: Sequence[Artifact]) -> Iterator[Signal]:
        """Yield the signals of patchsets that a limit of the run is named after."""
        for item in files:
            document = self.document(item)
            entries = document.get("patches") if isinstance(document, dict) else None
            for entry in entries if isinstance(entries, list) else ():
                if isinstance(entry, dict) and is_patch(entry.get("patch")):
                    name = str(entry.get("metadata", {}).get("name"))
                    if name in self.points:
                        yield self._named(name, entry["patch"])

    def _named(self, name: str, patch: Any) -> Signal:
        return Signal(name, patch, self.points.get(name, {}))

    def document(self, item: Artifact) -> Any:
        """Return a file's JSON; None for what is not JSON."""
        if not item.path.endswith(".json") or item.size > _LARGEST_BYTES:
            return None
        if item.digest not in self._documents:
            try:
                self._documents[item.digest] = parse_json(self.store.local(item.digest).read_bytes())
            except ValueError:
                self._documents[item.digest] = None
            except OSError as problem:
                raise StoreError.of(
                    problem,
                    "A file of the run cannot be read",
                    self.store.path(item.digest),
                    "recast retry RUN makes it again",
                ) from problem
        return self._documents[item.digest]


def _best(fitting: Sequence[tuple[Artifact, Any]]) -> tuple[Artifact, Any] | None:
    """Return the smallest workspace that a patch fits, as it patches all channels; None if that is ambiguous."""
    ranked = sorted(fitting, key=lambda one: len(one[1]["channels"]))
    if len(ranked) > 1 and len(ranked[0][1]["channels"]) == len(ranked[1][1]["channels"]):
        return None
    return ranked[0] if ranked else None


def _inputs(live: OpenRun, step: Step) -> Iterator[Artifact]:
    """Yield the files of other steps, and of init, that a step refers to, with their logical paths."""
    for path in paths_in(step.arguments):
        owner = owner_of(path, live.engine.expansion.directories)
        if owner is not None and owner[0] is not step:
            for item in artifacts_of(*owner):
                yield Artifact(f"{owner[0].directory.removeprefix(RUN_ROOT + '/')}/{item.path}", item.digest, item.size)
