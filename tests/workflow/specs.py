"""Small workflows as objects, for tests of the pure rooms."""

from __future__ import annotations

from typing import Any

from recast.spec.model import (
    ConstantPublisher,
    Dependencies,
    FromGlobPublisher,
    FromParametersPublisher,
    HostEnvironment,
    InterpolatedPublisher,
    NoopEnvironment,
    Packtivity,
    Process,
    Publisher,
    Scatter,
    Selector,
    Stage,
    Workflow,
)


def packtivity(command: str = "true", publisher: Publisher | None = None, *, noop: bool = False) -> Packtivity:
    environment = NoopEnvironment() if noop else HostEnvironment()
    return Packtivity(Process("command", command), environment, publisher or ConstantPublisher({"out": "done"}))


def stage(name: str, after: list[str], parameters: dict[str, Any], body: Any, scatter: Scatter | None = None) -> Stage:
    return Stage(name, Dependencies(expressions=tuple(after)), parameters, body, scatter)


def zipped(*names: str) -> Scatter:
    return Scatter("zip", names)


def from_init(key: str) -> Selector:
    return Selector("init", key, single=True)


def map_reduce(body: Packtivity | None = None) -> Workflow:
    """A scatter over the input `values`, and a stage that takes all `out`."""
    body = body or packtivity("echo {value}")
    return Workflow(
        (
            stage("map", ["init"], {"value": from_init("values")}, body, zipped("value")),
            stage("reduce", ["map"], {"values": Selector("map", "out")}, packtivity("echo {values}")),
        )
    )


def writes_file(name: str = "out.txt") -> Packtivity:
    return packtivity("echo > {out}", FromParametersPublisher({"out": "out"}))


GLOBBED = FromGlobPublisher("files", "*.txt")


def interpolated(publish: Any, **options: bool) -> InterpolatedPublisher:
    return InterpolatedPublisher(publish, **options)
