"""`scaleproof compare` on plans."""

import pytest

from scaleproof.cli import compare

from .conftest import LIMITS

CALLS = ["--traffic", "step:top=60,days=0.2"]


def names(run, *arguments):
    (comparison,) = run("compare", *arguments, "--json").document["comparisons"]
    assert all(one["outcome"]["result"]["timeline"]["time"] == [] for one in comparison["contenders"])
    return [one["name"] for one in comparison["contenders"]]


def test_rivals(planned, run, tmp_path):
    page = tmp_path / "comparison.html"
    shown = run("compare", planned, *LIMITS, *CALLS, "--report", page, "--markdown", page.with_suffix(".md"))
    for name in ("as configured", "no scaling", "constant fleet", "predefined metric", "clairvoyant"):
        assert name in shown.out
    text = page.read_text()
    assert "Capacity and demand of each" in text
    assert "Measures of elasticity" in text
    summary = page.with_suffix(".md").read_text()
    for name in ("as configured", "clairvoyant"):
        assert f"| {name} | " in summary
    assert f"Summary: {page.with_suffix('.md')}" in shown.out


def test_one_rival_and_changes(planned, run):
    given = [planned, *LIMITS, *CALLS, "--rival", "clairvoyant", "--change", "target=0.5", "--change", "max=4"]
    assert names(run, *given) == ["as configured", "target=0.5", "max=4", "clairvoyant"]
    assert names(run, planned, *LIMITS, *CALLS, "--rival", "none") == ["as configured"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("target_utilization=0.4", "It has backlog_per_instance. ALONE: --endpoint speech-realtime."),
        ("backlog_per_instance=4", "It has target_utilization. ALONE: --endpoint speech-async."),
        ("min=0", "cannot have bounds of 0 to 20 instances. ALONE: --endpoint speech-async."),
        ("target=0", "Set the target to more than 0."),
    ],
)
def test_a_change_that_an_endpoint_cannot_have_is_refused_before_any_work(words, said, planned, run, monkeypatch):
    monkeypatch.setattr(compare, "compare_on", lambda *_given: pytest.fail("something was simulated"))
    words = [*CALLS, "--traffic", "batches:files=2,days=0.2", "--change", "max=30", "--change", words]
    ran = run("compare", planned, *LIMITS, *words, code=2)
    assert ran.err.endswith(f"{said.replace('ALONE', 'To compare the others alone')}\n")
