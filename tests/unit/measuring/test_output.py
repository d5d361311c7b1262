"""What a measurement prints and writes, from a command that measures an instance in virtual time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from benchmarks.sustained import Instance
from scaleproof.cli.measured import MeasureDocument, asked, show
from scaleproof.emulator.engine.container import Container
from scaleproof.errors import ScaleproofError
from scaleproof.measuring.objective import Objective
from scaleproof.measuring.search import Plan, search
from scaleproof.scaling.endpoint import Pool
from tests.unit.cli.conftest import conforms
from tools import json_reference

POOLS = (Pool("ml.g6.2xlarge", 1, 10), Pool("ml.g6e.2xlarge", 2))
OBJECTIVE = ["--objective", "latency:mean=0.4"]


@click.command()
@click.option("--sharing", type=int, default=4)
@asked
def measure(sharing: int, objective: Objective, plan: Plan, **rest: Any) -> None:
    """Measures an instance that takes 0.3 s, and longer from so many requests on."""
    finding = search(Instance(Container(answer=0.3, sharing=sharing, slots=9), 1), objective, plan)
    show(finding, endpoint="speech", instance_type="ml.g6.2xlarge", others=POOLS, **rest)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(measure, [str(word) for word in words], obj="scaleproof measure speech")


def test_the_screen() -> None:
    ran = run(*OBJECTIVE)
    assert ran.exit_code == 0, ran.output
    assert "One instance sustains 5 in flight (without doubt: 5)." in ran.output
    assert '{ instance_type = "ml.g6.2xlarge", max_concurrency = 5 },' in ran.output
    assert "mean latency at most 0.4 s, at most 1 % of the requests fail" in ran.output


def test_the_document_and_the_files(tmp_path: Path) -> None:
    target, page = tmp_path / "pools.tfvars", tmp_path / "report.html"
    ran = run(*OBJECTIVE, "--write", target, "--report", page, "--json")
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.output)
    conforms(found, MeasureDocument)
    assert (found["max_concurrency"], found["answer"]) == (5, "found")
    assert (
        found["instance_pools"]
        == target.read_text()
        == (
            "instance_pools = [\n"
            '  { instance_type = "ml.g6.2xlarge", max_concurrency = 5 },\n'
            '  { instance_type = "ml.g6e.2xlarge" },\n'
            "]\n"
        )
    )
    assert (found["written"], found["report"]) == (str(target), str(page))
    assert "One instance sustains 5 in flight" in page.read_text()
    assert "scaleproof measure speech" in page.read_text()


def test_an_answer_of_no(tmp_path: Path) -> None:
    target = tmp_path / "pools.tfvars"
    ran = run("--objective", "latency:mean=0.2", "--write", target, "--json")
    assert ran.exit_code == 1
    found = json.loads(ran.output)
    conforms(found, MeasureDocument)
    assert (found["answer"], found["instance_pools"], found["written"]) == ("never", None, None)
    assert not target.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Missing option '--objective'"),
        ([*OBJECTIVE, "--errors", "1"], "1.0 is not in the range 0<=x<1"),
        ([*OBJECTIVE, "--max", "0"], "0 is not in the range"),
        ([*OBJECTIVE, "--hold", "0"], "0.0 is not in the range"),
        ([*OBJECTIVE, "--hold", "400"], "--longest must be at least --hold, 400 s."),
        ([*OBJECTIVE, "--budget", "20"], "--budget must be at least one hold, 25 s."),
        ([*OBJECTIVE, "--write", "pools.tf"], "'pools.tf' does not end in .tfvars."),
    ],
)
def test_wrong_options_are_refused_before_any_load(words: list[str], message: str) -> None:
    ran = run(*words)
    assert ran.exit_code == 2
    assert message in " ".join(ran.output.split())


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "pools.tfvars"
    target.write_text("kept")
    ran = run(*OBJECTIVE, "--write", target)
    assert isinstance(ran.exception, ScaleproofError)
    assert "exists already" in ran.exception.message
    assert target.read_text() == "kept"


def test_the_document_has_a_page() -> None:
    """docs/json.md is made of these types."""
    assert any(
        "`max_concurrency` | integer or null" in line for line in json_reference._object(MeasureDocument)
    )
