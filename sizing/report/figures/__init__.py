"""The figures: each takes the study and returns a figure, or None where there is nothing to draw."""

from sizing.report.figures.cost import cost
from sizing.report.figures.growth import growth
from sizing.report.figures.response import response
from sizing.report.figures.sensitivity import sensitivity
from sizing.report.figures.week import week

__all__ = ["cost", "growth", "response", "sensitivity", "week"]
