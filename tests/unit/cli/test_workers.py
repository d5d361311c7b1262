"""--workers of the commands that simulate much."""

import pytest

from scaleproof.workers import cluster, processes

from .conftest import LIMITS

WORK = ["--traffic", "diurnal:peak=60,days=0.1", "--traffic", "batches:files=30,days=0.1"]


@pytest.mark.parametrize("command", [["simulate", "--uncertainty"], ["compare"]])
def test_two_jobs_give_the_same_as_one(planned, run, monkeypatch, command):
    monkeypatch.setattr(processes, "WORTH", 0.0)
    one, two = (run(*command, planned, *LIMITS, *WORK, "--json", "--workers", jobs) for jobs in "12")
    assert one.out == two.out


@pytest.mark.nightly  # two choices
def test_a_choice_is_the_same_with_two_jobs(run, monkeypatch):
    monkeypatch.setattr(processes, "WORTH", 0.0)
    work = ["--traffic", "constant:level=15,days=0.04", "--pool", "ml.g6.2xlarge=12", "--most", "3"]
    one, two = (run("choose", *work, "--json", "--workers", jobs) for jobs in "12")
    assert one.out == two.out


@pytest.mark.parametrize("command", ["simulate", "compare"])
def test_a_cluster_that_does_not_answer_is_told_before_any_work(run, monkeypatch, tmp_path, command):
    monkeypatch.setattr(cluster, "TIMEOUT", 0.5)
    (tmp_path / "main.tf").write_text("not HCL")
    shown = run(command, tmp_path, *WORK, "--workers", "tcp://127.0.0.1:1", code=2)
    assert "There is no Dask scheduler at tcp://127.0.0.1:1" in shown.err
    assert "main.tf" not in shown.err
