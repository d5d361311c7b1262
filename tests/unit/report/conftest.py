"""The page of the simulated day."""

import pytest

from scaleproof.report.html import page as rendered
from scaleproof.report.simulation import simulation_blocks

from .made import outcome
from .parsed import Page


@pytest.fixture(scope="session")
def text():
    """The page as it is written."""
    return rendered(simulation_blocks([outcome()]), command="scaleproof simulate <dir>")


@pytest.fixture(scope="session")
def page(text):
    """The page as its reader gets it."""
    return Page(text)
