"""The results of a run, as typed objects: limits, yields, efficiencies, cutflows, tables, files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recast.api.table import Table
from recast.errors import NotFound
from recast.json_types import JsonDict, JsonObject
from recast.results.present import sections
from recast.results.summary import answer_in_lines, deciding
from recast.results.types import FILE_TYPES, RESULT_TYPES
from recast.suggest import listed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["File", "Limit", "Result", "Results", "Rows"]


@dataclass(frozen=True, slots=True)
class Result:
    """One result: its name, its type as declared by the analysis, and its point."""

    name: str
    type: str
    point: JsonObject
    data: JsonObject = field(repr=False)
    """The result as `recast results -o json` prints it, which matches `recast/results/schemas/TYPE.json`."""

    def to_dict(self) -> JsonDict:
        """Return the result as a plain dictionary, as in JSON."""
        return dict(self.data)


@dataclass(frozen=True, slots=True)
class Limit(Result):
    """Whether a point is excluded at 95% CL, and the numbers behind it; unknown values are None.

    Five values are at -2, -1, 0, +1 and +2 sigma of the expected background. `mu_ul_obs` and `mu_ul_exp` are upper
    limits on the signal strength; `xsec_ul_obs_fb` and `xsec_ul_exp_fb` on the cross section, in fb.
    """

    cls_obs: float | None
    cls_exp: tuple[float, ...] | None
    mu_ul_obs: float | None
    mu_ul_exp: tuple[float, ...] | None
    xsec_ul_obs_fb: float | None
    xsec_ul_exp_fb: tuple[float, ...] | None
    expected_convention: str | None
    """How expected values are computed: with `fitted` or `nominal` nuisance parameters; None if not stated."""
    excluded: bool | None
    """None without a verdict: no cross section is known, or the statistics are too low."""
    verdict: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows(Result):
    """Yields, an efficiency, a cutflow or a table: numbers in rows."""

    table: Table


@dataclass(frozen=True, slots=True)
class File(Result):
    """A plot or another file of the run."""

    path: Path


class Results(Sequence[Result]):
    """The results of one run, in the order in which its analysis declares them.

    `warnings` must be shown with every number: for example, that the version was withdrawn or failed its validation.
    """

    def __init__(self, document: JsonObject, folder: Path) -> None:
        self._document = document
        self.warnings: tuple[str, ...] = tuple(document.get("warnings", ()))
        self._all = tuple(_result(item, folder) for item in document["results"])

    def __getitem__(self, key: Any) -> Any:
        """Return a result by its index, or all results with one name."""
        if not isinstance(key, str):
            return self._all[key]
        found = [result for result in self._all if result.name == key]
        if not found:
            names = dict.fromkeys(result.name for result in self._all)
            raise NotFound(f"There is no result {key!r}", why=f"There are: {listed(key, names)}")
        return found

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Result]:
        return iter(self._all)

    @property
    def limits(self) -> list[Limit]:
        """The limits that decide exclusion: of several results with limits, those of the one with the fewest points."""
        chosen = {id(item) for item in deciding(self._document["results"])}
        return [one for one in self._all if isinstance(one, Limit) and id(one.data) in chosen]

    @property
    def limit(self) -> Limit:
        """The limit of a run with a single point; raises NotFound if there are several, or none."""
        limits = self.limits
        if len(limits) != 1:
            raise NotFound(f"The run has {len(limits)} limits", next_step="results.limits has all of them")
        return limits[0]

    @property
    def files(self) -> list[File]:
        """The plots and other files."""
        return [one for one in self._all if isinstance(one, File)]

    @property
    def tables(self) -> dict[str, Table]:
        """All results as tables, by name, with the columns that `recast results --export csv` writes."""
        return {section.name: Table(section.rows) for section in sections(self._document["results"])}

    def to_dict(self) -> JsonDict:
        """Return the document that `recast results -o json` prints."""
        return dict(self._document)

    def to_pandas(self) -> dict[str, pd.DataFrame]:
        """Return a data frame for each table; raise ImportError where pandas is not installed."""
        return {name: table.to_pandas() for name, table in self.tables.items()}

    def __repr__(self) -> str:
        return "\n".join(answer_in_lines(self._document["results"], self.warnings)) or "no results"

    def _repr_html_(self) -> str:
        from html import escape

        from recast.terminal_safe import one_line

        lines = answer_in_lines(self._document["results"], self.warnings)
        tables = "".join(f"<h4>{escape(one_line(name))}</h4>{t._repr_html_()}" for name, t in self.tables.items())
        return "".join(f"<p>{escape(one_line(line))}</p>" for line in lines) + tables


def _result(item: JsonObject, folder: Path) -> Result:
    name, kind, point = item["name"], item["type"], item.get("point", {})
    if kind == "limit":
        return _limit(item)
    if kind in FILE_TYPES:
        return File(name, kind, point, item, path=folder / item["file"] if "file" in item else Path(item["path"]))
    if kind in RESULT_TYPES:
        return Rows(name, kind, point, item, table=Table(sections([item])[0].rows))
    return Result(name, kind, point, item)


def _limit(item: JsonObject) -> Limit:
    return Limit(
        item["name"],
        "limit",
        item.get("point", {}),
        item,
        cls_obs=item.get("cls_obs"),
        cls_exp=_five(item, "cls_exp"),
        mu_ul_obs=item.get("mu_ul_obs"),
        mu_ul_exp=_five(item, "mu_ul_exp"),
        xsec_ul_obs_fb=item.get("xsec_ul_obs_fb"),
        xsec_ul_exp_fb=_five(item, "xsec_ul_exp_fb"),
        expected_convention=item.get("expected_convention"),
        excluded=item.get("excluded"),
        verdict=item.get("verdict", ""),
        notes=tuple(item.get("notes", ())),
    )


def _five(item: JsonObject, key: str) -> tuple[float, ...] | None:
    return tuple(item[key]) if item.get(key) else None
