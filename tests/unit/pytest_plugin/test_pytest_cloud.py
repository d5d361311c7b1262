"""Runs of pytest that apply, alone and in parallel."""

import re

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
        import pytest

        def test_apply(apply):
            with apply("infra", amount=2) as it:
                assert it.outputs == {"labels": ["a", "a"]}
                assert it.plan().empty
                assert [one.actions for one in it.plan(amount=1).changes] == [("delete",)]
                it.apply(amount=1)
                with pytest.raises(Exception, match="Set amount to 0 or more"):
                    it.apply(amount=-1)
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


def test_a_destroy_that_fails_does_not_keep_the_others(user, cloud, monkeypatch):
    """It is the last one of all and the first one; what each left is printed where it is closed."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    user.makepyfile(
        """
        from functools import partial

        def closed(root, close):
            print("left:", len(root.state.resources))
            close()

        def test_apply(apply):
            roots = [apply("infra") for _ in range(4)]
            for root in roots:
                root.close = partial(closed, root, root.close)
            for root in roots[0], roots[3]:
                root._root.variables["amount"] = -2  # as if a default had changed
        """
    )
    result = run(user, "-s")
    result.assert_outcomes(passed=1, errors=1)
    text = result.stdout.str()
    assert re.findall(r"left: (\d)", text) == ["1", "0", "0", "1"]
    # The lines of the failure alone: with CI set, pytest repeats the whole message in its summary.
    shown = "\n".join(line for line in text.splitlines() if line.startswith("E "))
    assert shown.count("Set amount to 0 or more. And 1 more.") == 2


@pytest.mark.parametrize("options", [(), ("--showlocals", "--tb=long"), ("--tb=native",)], ids=" ".join)
def test_no_failure_shows_an_inside(user, cloud, monkeypatch, options):
    """Whatever object of the plugin it comes from, and on its way through the user's own errors."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    user.makepyfile(
        """
        import unittest

        import pytest

        LABEL = "canary" + "7f3a"

        @pytest.fixture(scope="module")
        def applied(apply):
            return apply("infra", label=LABEL)

        def test_plan(applied):
            applied.plan(amount=-2, label=LABEL)

        def test_apply(applied):
            applied.apply(amount=-2, label=LABEL)

        def test_destroy(applied):
            applied._root.variables["amount"] = -2  # as if a default had changed
            applied.destroy()

        def test_resource(applied):
            applied.state.resource("terraform_data.none")

        @pytest.mark.filterwarnings("error:.*Terraform drops")
        def test_warning(plan, tmp_path):
            (tmp_path / "main.tf").write_text('variable "it" {\\n  type = object({})\\n}\\n')
            plan(tmp_path, it={"label": LABEL})

        class Test(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def planned(self, plan):
                self.plan = plan

            def test_method(self):
                self.plan("infra", amount=-2, label=LABEL)
        """
    )
    result = run(user, *options)
    result.assert_outcomes(failed=6, errors=1)  # the fixture destroys too
    text = result.stdout.str()
    assert text.count("error: Invalid value for variable: Set amount to anything but -2.") >= 5
    assert not re.findall(r".*(?:scaleproof/(?!pytest_plugin/__init__)|contextlib).*py.*", text)


def test_a_fixture_of_the_plugin_that_fails_shows_its_message(user, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")
    user.makepyfile("def test_cloud(scaleproof_cloud): pass")
    result = run(user, "--showlocals")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E*ScaleproofError: * is not the address of a LocalStack*"])
    assert not re.findall(r".*(?:scaleproof/(?!pytest_plugin/__init__)|_pytest|pluggy/).*py.*", result.stdout.str())


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
