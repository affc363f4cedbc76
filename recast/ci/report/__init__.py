"""The report of a pipeline where people look: JSON, JUnit, a summary for a merge request, plots, static pages."""

from recast.ci.report.collect import collect
from recast.ci.report.history import history
from recast.ci.report.read import read_comparison, read_report
from recast.ci.report.write import SUMMARY_BYTES, write

__all__ = ["SUMMARY_BYTES", "collect", "history", "read_comparison", "read_report", "write"]
