"""Runs of pytest that apply, alone and in parallel."""

import pytest

from tests.unit.pytest_plugin.conftest import run, run_apart

pytest_plugins = ["pytester"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9", "FailedError: No LocalStack answers at http://127.0.0.1:9 *"),
        ("nowhere", "ScaleproofError: * is not the address of a LocalStack*"),
        ("https://sagemaker.us-east-1.amazonaws.com", "ScaleproofError: *belongs to AWS*"),
    ],
)
def test_a_localstack_that_cannot_be_used(user, monkeypatch, url, words):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    user.makepyfile("def test_apply(apply): apply('infra')")
    result = run(user)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E*{words}"])
    result.stdout.no_fnmatch_line("*scaleproof/pytest_plugin/*")


def test_a_root_is_applied_changed_and_destroyed(user, cloud, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    user.makepyfile(
        """
        def test_apply(apply):
            with apply("infra", amount=2) as it:
                assert it.outputs == {"labels": ["a", "a"]}
                assert it.plan().empty
                assert [one.actions for one in it.plan(amount=1).changes] == [("delete",)]
                it.apply(amount=1)
                assert it.outputs == {"labels": ["a"]}
                assert it.connection.client("sagemaker").list_endpoints()["Endpoints"] == []
                # Each apply has an account of its own.
                assert apply("infra").connection.account != it.connection.account
            assert it.state.resources == {}
        """
    )
    result = run(user)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"scaleproof used *, LocalStack * at {cloud.endpoint_url} (named*"])


def test_workers_share_one_localstack(user):
    user.makepyfile(
        """
        import os
        from pathlib import Path

        import pytest

        @pytest.mark.parametrize("number", range(2))
        def test_apply(apply, scaleproof_cloud, number):
            assert apply("infra").outputs == {"labels": ["a"]}
            worker = os.environ["PYTEST_XDIST_WORKER"]
            Path(f"{worker}-{number}.txt").write_text(scaleproof_cloud.endpoint_url)
        """
    )
    result = run_apart(user, "-n", "2")
    result.assert_outcomes(passed=2)
    notes = list(user.path.glob("gw*.txt"))
    assert {note.name.split("-")[0] for note in notes} == {"gw0", "gw1"}
    (url,) = {note.read_text() for note in notes}
    result.stdout.fnmatch_lines([f"scaleproof used *, LocalStack * at {url} (started for this run)."])


@pytest.mark.nightly  # test_shared has the same of the offer itself
def test_workers_that_only_plan_start_none(user):
    user.makepyfile("def test_plan(plan): plan('infra')")
    (user.path / "infra.scaleproof.yaml").write_text("root: infra\ncounts: {resources: 2}\n")
    result = run_apart(user, "-n", "2")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["  pytest infra.scaleproof.yaml::plan --scaleproof-rebuild -n 0"])
    result.stdout.fnmatch_lines(["scaleproof used * stand-ins for the providers aws and awscc."])
