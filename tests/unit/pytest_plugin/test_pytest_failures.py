"""What a failing run of pytest shows: all of the reason, and none of the values."""

import re
from textwrap import dedent

import pytest

from tests.unit.pytest_plugin.conftest import run

pytest_plugins = ["pytester"]


ENDING = """
import pytest

from scaleproof.terraform.root import Root

LABEL = "canary" + "7f3a"


@pytest.fixture
def ending(monkeypatch, plan):
    def ending(error):
        def end(*_, **__):
            raise error

        monkeypatch.setattr(Root, "plan", end)
        plan("infra", label=LABEL)

    return ending
"""


@pytest.mark.parametrize("options", [("--showlocals", "--tb=long"), ("--tb=native",)], ids=" ".join)
def test_no_error_shows_the_variables_but_a_defect_its_place(user, options, monkeypatch):
    """Whatever came up below the plugin, also in a handler of a signal."""
    tests = """
        def test_defect(ending):
            ending(KeyError("it"))

        def test_disk(ending):
            ending(OSError("it"))

        def test_too_late(ending):
            ending(pytest.fail.Exception("too late"))

        def test_skipped(ending):
            ending(pytest.skip.Exception("not here"))

        @pytest.fixture(scope="module")
        def planned(plan):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Root, "plan", None)
                plan("infra", label=LABEL)

        def test_first(planned): pass

        def test_second(planned): pass
    """
    user.makepyfile(ENDING + dedent(tests))
    result = run(user, *options)
    result.assert_outcomes(failed=3, skipped=1, errors=2)
    text = result.stdout.str()
    assert "canary7f3a" not in text
    assert not re.findall(r".*scaleproof/.*py:.*", text)
    before = text.partition("short test summary info")[0]  # where CI is set, that has whole messages again
    assert re.findall(r"unexpected (.*) in scaleproof/pytest_plugin/run.py, line \d+ (.*)", before) == [
        (error, "(a defect; SCALEPROOF_DEBUG=1 shows more)") for error in ("TypeError", "TypeError", "KeyError")
    ]
    monkeypatch.setenv("SCALEPROOF_DEBUG", "1")
    assert "scaleproof/pytest_plugin/run.py" in run(user, *options).stdout.str()


def test_a_run_that_is_interrupted_does_not_show_the_variables(user):
    user.makepyfile(ENDING + "def test_plan(ending): ending(KeyboardInterrupt())\n")
    result = run(user, "--full-trace", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*test_a_run_that_is_interrupted_*.py:*: KeyboardInterrupt"])
    assert "canary7f3a" not in result.stdout.str()


@pytest.mark.parametrize(("end", "code"), [(pytest.skip, 0), (pytest.exit, 2)], ids=["skip", "exit"])
def test_a_case_may_be_ended_from_elsewhere(user, monkeypatch, end, code):
    """As by a handler of a signal: there is no line of a test that pytest could name."""
    monkeypatch.setattr("scaleproof.terraform.root.Root.plan", lambda *_, **__: end("late"))
    (user.path / "it.scaleproof.yaml").write_text("root: infra\nvariables: {label: canary7f3a}\noutputs: {}\n")
    result = run(user, "--showlocals", "-rs")
    result.stdout.fnmatch_lines(["*late*"])
    assert result.ret == code
    assert "canary7f3a" not in result.stdout.str()


def test_a_failed_plan_says_all_and_shows_no_inside(user):
    user.makepyfile(
        """
        import pytest

        from scaleproof.errors import ScaleproofError

        def test_refused(plan):
            plan("infra", amount=-2)

        def test_misspelt(plan):
            plan("infra", lable="b")

        def test_no_directory(plan):
            plan("intra")

        def test_nothing_at_a_whole_path(plan, tmp_path):
            plan(tmp_path / "extra")

        def test_no_configuration(plan, tmp_path):
            plan(tmp_path)

        def test_no_file(plan):
            plan("infra", tfvars="four.tfvars")

        def test_no_names(plan):
            for name in ("in" + chr(0) + "fra", "x" * 5000):
                with pytest.raises(ScaleproofError, match="There is no directory"):
                    plan(name)
                with pytest.raises(ScaleproofError, match="There is no file"):
                    plan("infra", tfvars=name)
        """
    )
    result = run(user)
    result.assert_outcomes(failed=6, passed=1)
    result.stdout.fnmatch_lines(
        [
            "E*PlanFailed: Terraform could not plan *infra. *: Set amount to 0 or more. And 1 more.",
            "E*Set amount to anything but -2.",
            "E*PlanFailed: *infra declares no variable named lable.",
            "E*ScaleproofError: There is no directory */intra. Name the root configuration*",
            "E*ScaleproofError: There is no directory */extra.",
            "E*ScaleproofError: * has no Terraform configuration *",
            "E*ScaleproofError: There is no file */infra/four.tfvars. *",
        ]
    )
    result.stdout.no_fnmatch_line("*scaleproof/terraform/root.py*")
    result.stdout.no_fnmatch_line("*scaleproof/pytest_plugin/*")


SENSITIVE = """
variable "word" {
  type      = string
  sensitive = true
}

resource "terraform_data" "item" {
  input = var.word
}

output "word" {
  value     = var.word
  sensitive = true
}
"""


def test_no_failure_shows_what_is_sensitive(user):
    """A test that fails prints what it compared, and what it was called on."""
    (user.path / "infra" / "main.tf").write_text(SENSITIVE)
    (user.path / "infra" / "values.tfvars").write_text('word = "canary7f3a"\n')
    user.makepyfile(
        """
        def test_of_a_plan(plan):
            assert plan("infra", tfvars="values.tfvars").empty

        def test_of_a_resource(plan):
            assert plan("infra", tfvars="values.tfvars").resource("terraform_data.item").replaced

        def test_of_what_is_not_there(plan):
            plan("infra", tfvars="values.tfvars").resource("terraform_data.other")
        """
    )
    (user.path / "expected.scaleproof.yaml").write_text(
        "root: infra\ntfvars: values.tfvars\nvalues: {terraform_data.item: {input: other}}\noutputs: {word: other}\n"
    )
    result = run(user)
    result.assert_outcomes(failed=4)
    text = result.stdout.str() + result.stderr.str()
    assert 'input is "(sensitive)", expected "other"' in text
    assert "canary7f3a" not in text


@pytest.mark.parametrize("exceptions", ["None", "['text']"])
def test_an_error_of_ones_own_that_has_exceptions_is_no_group(user, exceptions):
    user.makepyfile(
        f"""
        class Own(Exception):
            exceptions = {exceptions}

        def test_own(scaleproof_standins):
            raise Own("mine")
        """
    )
    result = run(user)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *Own: mine"])
