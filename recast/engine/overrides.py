"""What the user sets in place of the spec: images, environment, binds, resources, network. Pure data.

It comes only from the command line or the Python API: no spec, example or request can ask for any of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from recast.jobs import NO_WISHES, Bind, Resources, Wishes
from recast.json_types import JsonDict, JsonObject
from recast.workflow import Step

__all__ = ["NO_OVERRIDES", "RunOverrides", "StageOverrides", "stage_path"]


@dataclass(frozen=True, slots=True)
class StageOverrides:
    """The overrides for the steps of a stage; None leaves a value to the spec.

    `env` is added to the spec's and wins over it. `memory_mb` and `disk_mb` are MB (10^6 bytes), `walltime_s` seconds.
    `cvmfs` asks for it whatever the spec does.
    """

    env: Mapping[str, str] = field(default_factory=dict)
    binds: tuple[Bind, ...] = ()
    cpus: float | None = None
    memory_mb: int | None = None
    disk_mb: int | None = None
    walltime_s: int | None = None
    gpus: int | None = None
    network: bool | None = None
    cvmfs: bool | None = None
    wishes: Wishes = NO_WISHES

    @property
    def options(self) -> JsonDict:
        """Return what takes the place of options that a spec has as well, by the spec's names."""
        named = {name: getattr(self, name) for name in (*Resources.__slots__, "network", "cvmfs")}
        return {name: value for name, value in named.items() if value is not None}

    def under(self, nearer: StageOverrides) -> StageOverrides:
        """Return both combined; `nearer` takes precedence, and its binds come last."""
        targets = {bind.target for bind in nearer.binds}
        binds = (*(bind for bind in self.binds if bind.target not in targets), *nearer.binds)
        options = {**self.options, **nearer.options}
        return StageOverrides({**self.env, **nearer.env}, binds, **options, wishes=self.wishes.under(nearer.wishes))

    def as_json(self) -> JsonDict:
        """Return the overrides that are set, as a JSON object."""
        env, binds = dict(self.env), [bind.as_json() for bind in self.binds]
        parts = {"env": env, "binds": binds, "wishes": self.wishes.as_json()}
        return {**{name: part for name, part in parts.items() if part}, **self.options}

    @classmethod
    def from_json(cls, data: JsonObject) -> StageOverrides:
        """Read the overrides from JSON; unknown keys are ignored."""
        known = {item.name: data[item.name] for item in fields(cls) if item.name in data}
        read = {"binds": tuple(Bind(**item) for item in data.get("binds", ()))}
        return cls(**{**known, **read, "wishes": Wishes.from_json(data.get("wishes", {}))})


@dataclass(frozen=True, slots=True)
class RunOverrides:
    """The overrides for all stages and by stage; and images, from the spec's reference to `name@sha256:...`.

    A stage is named as in its file, `fit`, or with those around it, `map/fit`; the longer name wins. `tries` is how
    often a step may be started before it has failed, whatever the failure; None leaves it to the executor.
    """

    all: StageOverrides = StageOverrides()
    stages: Mapping[str, StageOverrides] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    tries: int | None = None

    def __bool__(self) -> bool:
        return bool(self.images or self.stages or self.tries or self.all != StageOverrides())

    @property
    def everywhere(self) -> dict[str, StageOverrides]:
        """What is said of all stages (the name is empty), and of each."""
        return {"": self.all, **self.stages}

    def of(self, step: Step) -> StageOverrides:
        """Return the overrides for a step."""
        return self.at(stage_path(step)) if self.stages else self.all

    def at(self, path: str) -> StageOverrides:
        """Return the overrides for the stage at a path such as `map/fit`, independent of the order of the flags."""
        found = self.all
        for name in dict.fromkeys((path.rpartition("/")[2], path)):
            if name in self.stages:
                found = found.under(self.stages[name])
        return found

    def image(self, reference: str) -> str:
        """Return the image that replaces a reference, or the reference itself."""
        return self.images.get(reference, reference)

    @property
    def digests(self) -> dict[str, str]:
        """The pins of overridden images: the spec's reference -> digest."""
        return {name: image.rpartition("@")[2] for name, image in self.images.items()}

    def as_json(self) -> JsonDict:
        """Return the overrides that are set, as a JSON object; {} if there are none."""
        everywhere = self.all.as_json()
        stages = {name: stage.as_json() for name, stage in self.stages.items()}
        images = dict(self.images)
        parts = {"images": images, "all": everywhere, "stages": stages, "tries": self.tries}
        return {name: part for name, part in parts.items() if part}

    @classmethod
    def from_json(cls, data: JsonObject) -> RunOverrides:
        """Read the overrides from JSON."""
        if not data:
            return NO_OVERRIDES
        stages = {name: StageOverrides.from_json(item) for name, item in data.get("stages", {}).items()}
        everywhere, tries = StageOverrides.from_json(data.get("all", {})), data.get("tries")
        if tries is not None and type(tries) is not int:
            raise TypeError(f"the number of tries is of another kind: {tries!r:.40}")
        return cls(everywhere, stages, dict(data.get("images", {})), tries)


NO_OVERRIDES = RunOverrides()


def stage_path(step: Step) -> str:
    """Return the path of a step's stage, without instances: `map/fit` for `/map/3/fit/0`."""
    return "/".join(part for number, part in enumerate(step.id.split("/")) if number % 2)
