"""Turn rows of squeue into sightings, only for what changed, so that ten thousand waiting jobs cost one line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from recast.executors.batch.system import EngineState, Sighting, Watched
from recast.executors.slurm.answers import Row
from recast.executors.slurm.states import Verdict, verdict

__all__ = ["Seen", "ended_as", "running_though_over"]

_WAITS = Verdict(EngineState.WAITING)


class Seen:
    """Remembers what was reported about jobs, so that an unchanged job is not reported again."""

    def __init__(self) -> None:
        self._told: dict[str, dict[int, Verdict]] = {}

    def news(self, rows: Iterable[Row], arrays: Sequence[Watched]) -> list[Sighting]:
        """Return the changes in arrays from the rows of all unfinished jobs; raise ValueError for an unknown state.

        A job without a row has ended. Rows of other arrays, even with the same name, are ignored.
        """
        ours = {(array.native_id, array.name): array for array in arrays}
        # By name: a scheduler that lost its state reuses ids.
        present: dict[str, set[int]] = {array.name: set() for array in arrays}
        self._told = {name: told for name, told in self._told.items() if name in present}
        sightings: list[Sighting] = []
        for row in rows:
            array = ours.get((row.array, row.name))
            said = verdict(row.state, row.reason)
            if array is None or said.state.over:
                continue
            indexes = [i for i in (row.indexes or ()) if i < array.size]
            present[array.name].update(indexes)
            sightings += self._changed(array, indexes, said, row.host)
        for array in ours.values():
            sightings += _gone(array, present[array.name])
        return sightings

    def _changed(self, array: Watched, indexes: Sequence[int], said: Verdict, host: str) -> Iterator[Sighting]:
        told = self._told.setdefault(array.name, {})
        for index in indexes:
            if said.state is not EngineState.RUNNING and told.get(index, _WAITS) == said:
                continue
            told[index] = said
            yield _sighting(array.name, array.native_id, index, said, host)


def ended_as(rows: Iterable[Row], wanted: Iterable[tuple[str, int]]) -> dict[str, Sighting]:
    """Return by native id how jobs (array's id, index) have ended, as far as the rows say.

    A record of the whole array (its tasks were cancelled while they waited) applies to tasks without their own record.
    """
    single: dict[tuple[str, int], Row] = {}
    whole: dict[str, Row] = {}
    for row in rows:
        if row.indexes is None:
            whole[row.array] = row
        single.update({(row.array, index): row for index in row.indexes or ()})
    found = {}
    for base, index in wanted:
        row_ = single.get((base, index)) or whole.get(base)
        if row_ is None:
            continue
        said = verdict(row_.state, row_.reason, row_.exit_code)
        if said.state.over:
            sighting = _sighting(row_.name, base, index, said, row_.host)
            found[sighting.native_id] = sighting
    return found


def running_though_over(rows: Iterable[Row], arrays: Sequence[Watched]) -> list[str]:
    """Return the native ids of tasks that the rows show as running or starting, although they have ended."""
    ours = {(array.native_id, array.name): array for array in arrays}
    return [
        f"{row.array}_{index}"
        for row in rows
        if (array := ours.get((row.array, row.name))) and row.state in ("RUNNING", "PENDING")
        for index in row.indexes or ()
        if index in array.over
    ]


def _gone(array: Watched, present: set[int]) -> Iterator[Sighting]:
    for index in range(array.size):
        if index not in present and index not in array.over:
            yield _sighting(array.name, array.native_id, index, Verdict(EngineState.ENDED), "")


def _sighting(name: str, base: str, index: int, said: Verdict, host: str) -> Sighting:
    return Sighting(name, index, said.state, f"{base}_{index}", said.reason, said.failure, host)
