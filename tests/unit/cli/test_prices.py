"""Every output that shows a cost says whose prices it has."""

import pytest

from .conftest import LIMITS, PRICES_SAID

TRAFFIC = ["--traffic", "constant:level=5,days=0.05"]


@pytest.mark.parametrize("command", ["simulate", "compare"])
def test_a_cost_names_its_source_and_date(command, small, prices, run, tmp_path):
    page, summary = tmp_path / "page.html", tmp_path / "summary.md"
    given = [command, small, *LIMITS, *TRAFFIC, *(["--rival", "none"] if command == "compare" else [])]
    shown = run(*given, "--price", prices, "--report", page, "--markdown", summary)
    for text in (shown.out, page.read_text(), summary.read_text()):
        assert PRICES_SAID in text
    document = run(*given, "--price", prices, "--json").document
    one = document["outcomes"][0] if command == "simulate" else document["comparisons"][0]["contenders"][0]["outcome"]
    assert one["cost"]["prices"] == {"source": "prices.csv", "date": "2026-11-01"}
    assert one["cost"]["usd"] == pytest.approx(1.5 * one["cost"]["instance_hours"]["ml.g6.2xlarge"])
    assert "Prices:" not in run(*given).out
    assert "set with --price, of 20" in run(*given, "--price", "ml.g6.2xlarge=1", "--price", "ml.g6e.2xlarge=2").out
