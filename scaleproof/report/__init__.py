"""Self-contained HTML reports of studies and measurements. They open offline, in light and dark mode.

uPlot draws the plots (`vendor`). A page needs no network, and says all but the plots without its script.
"""

from __future__ import annotations

from scaleproof.report.audit import audit_page
from scaleproof.report.choice import choice_page
from scaleproof.report.choices import choices_page
from scaleproof.report.comparison import comparison_page
from scaleproof.report.markdown import choice_text, choices_text, comparison_text, simulation_text
from scaleproof.report.measurement import measurement_page
from scaleproof.report.page import check_new, check_ours, write
from scaleproof.report.simulation import simulation_page

__all__ = [
    "audit_page",
    "check_new",
    "check_ours",
    "choice_page",
    "choice_text",
    "choices_page",
    "choices_text",
    "comparison_page",
    "comparison_text",
    "measurement_page",
    "simulation_page",
    "simulation_text",
    "write",
]
