"""A scan as an object: an answer for each point, and the exclusion contour."""

from __future__ import annotations

from pathlib import Path

from recast.api.run_handle import Run
from recast.api.table import Table
from recast.json_types import JsonDict
from recast.operations.scan import ScanReport
from recast.rundir import find_run

__all__ = ["Scan"]


class Scan:
    """A scan of many model points of one version: each point's answer, the contour, and the files."""

    def __init__(self, report: ScanReport) -> None:
        self._report = report

    @property
    def id(self) -> str:
        """The scan's id, which `recast scan --resume` accepts."""
        return self._report.scan.record.scan

    @property
    def path(self) -> Path:
        """The folder with `scan.csv` and `contour.json`, and the plots if there is something to draw."""
        return self._report.folder

    @property
    def points(self) -> Table:
        """A row for each point: its columns, `cls_obs`, `cls_exp` (the median), `excluded` (at 95% CL), `run`.

        `excluded` is None where the analysis gives no verdict. If points failed there is `reason`: why they have no
        answer, empty for the others.
        """
        return Table(self._report.rows())

    @property
    def runs(self) -> list[Run]:
        """The runs for the points that earlier scans had not answered."""
        record = self._report.scan.record
        return [Run(find_run(self._report.scan.places.runs, run)) for run in record.runs]

    def to_dict(self) -> JsonDict:
        """Return the scan as `recast scan -o json` prints it."""
        return self._report.as_json()

    def __repr__(self) -> str:
        record = self._report.scan.record
        return f"<Scan {self.id}: {record.analysis}@{record.version}, {self._report.words()[0]}>"

    def _repr_html_(self) -> str:
        from base64 import b64encode
        from html import escape

        drawn = ""
        if "scan.png" in self._report.files:
            picture = b64encode((self.path / "scan.png").read_bytes()).decode()
            drawn = f'<img src="data:image/png;base64,{picture}" alt="the exclusion contour">'
        warnings = "".join(f"<p>WARNING: {escape(warning)}</p>" for warning in self._report.scan.warnings)
        said = "".join(f"<p>{escape(line)}</p>" for line in self._report.words())
        return warnings + said + drawn + self.points._repr_html_()
