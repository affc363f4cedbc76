"""From an order to a run that could be created: its image is pinned, its spec written, everything checked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from recast.catalogue.entries.local_workflow import Source
from recast.engine.overrides import RunOverrides, StageOverrides
from recast.json_types import JsonDict
from recast.prepare import Options, PreparedRun, prepare
from recast.prepare.inputs import InitData
from recast.prepare.override_words import overrides_of
from recast.prepare.prepare import plan_of
from recast.spec import load_workflow
from recast.spec.load import LoadedSpec
from recast.submissions.files import carried
from recast.submissions.image import FoundImage
from recast.submissions.order import SubmitOrder
from recast.submissions.spec import SPEC_NAME, spec_text
from recast.workflow import INIT_DIRECTORY

__all__ = ["prepared_order"]


@contextmanager
def prepared_order(order: SubmitOrder, image: FoundImage, options: Options) -> Iterator[PreparedRun]:
    """Yield the run that an order is; its spec lies in a folder that is gone afterwards: make the run before.

    Raises what `prepare` raises, and InputError or UsageError for files that cannot go along.
    """
    with tempfile.TemporaryDirectory(prefix="recast-submit-") as folder:
        loaded = _written(spec_text(order, image.reference), Path(folder))
        if options.words is not None:
            said = overrides_of(options.words, loaded.workflow).all
            loaded = _written(spec_text(order, image.reference, said), Path(folder))
        source = Source(
            toplevel=loaded.toplevel,
            path=loaded.path,
            workflow=loaded.workflow,
            files=loaded.files,
            pins={},
            origin={"submit": _origin(order, image)},
            quotes_inputs=True,
        )
        most_steps = max(options.most_steps, order.jobs + 1)
        yield _in_spec(prepare(source, _inputs(order), replace(options, most_steps=most_steps)))


def _in_spec(prepared: PreparedRun) -> PreparedRun:
    """Return the run without overrides that its spec has by now; the site's rules were asked about all of them."""
    said = RunOverrides.from_json(prepared.request.overrides)
    left = replace(said, all=StageOverrides(binds=said.all.binds, wishes=said.all.wishes))
    request = replace(prepared.request, overrides=left.as_json())
    return replace(prepared, request=request, plan=plan_of(request, prepared.source))


def _written(text: str, folder: Path) -> LoadedSpec:
    (folder / SPEC_NAME).write_text(text, encoding="utf-8")
    return load_workflow(SPEC_NAME, folder)


def _inputs(order: SubmitOrder) -> InitData:
    given: JsonDict = {}
    if order.names:
        given["index"] = list(range(order.jobs))
    if order.items is not None:
        given["item"] = list(order.items)
    logical, files = carried(order.files)
    values = {**given, "files": logical} if logical else given
    below = [path.removeprefix(f"{INIT_DIRECTORY}/") for path in logical]
    return InitData({**given, "files": below} if logical else given, values, files)


def _origin(order: SubmitOrder, image: FoundImage) -> JsonDict:
    return {"image": image.said, "digest": image.digest, "how": image.how, "command": list(order.command)}
