"""The time to an answer: a plane, the first verdict of a request, and a spectrum, beside what one would do by hand."""

from benchmarks.answers.rows import analyses, answers

__all__ = ["analyses", "answers"]
