"""One self-contained HTML file for what a study found: opens offline, in the light and in the dark.

Plots are SVG made here; a page needs no network, and no script to be read.
"""

from __future__ import annotations

from scaleproof.report.choice import choice_page
from scaleproof.report.comparison import comparison_page
from scaleproof.report.page import check_place, write
from scaleproof.report.simulation import simulation_page

__all__ = ["check_place", "choice_page", "comparison_page", "simulation_page", "write"]
