"""The pipeline of continuous analysis: from a checkout to a verdict on its physics."""

from recast.ci.pipeline.bisect import Bisection, bisect
from recast.ci.pipeline.commits import head_of
from recast.ci.pipeline.order import EVENTS, PipelineOrder, Tools
from recast.ci.pipeline.outcome import Outcome
from recast.ci.pipeline.pipeline import run_pipeline

__all__ = ["EVENTS", "Bisection", "Outcome", "PipelineOrder", "Tools", "bisect", "head_of", "run_pipeline"]
