"""What a failing run of pytest shows: all of the reason, and nothing that is marked as sensitive."""

from tests.unit.pytest_plugin.conftest import run

pytest_plugins = ["pytester"]


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
    assert 'input is "(sensitive value)", expected "other"' in text
    assert "canary7f3a" not in text


def test_an_error_of_ones_own_keeps_its_cause(user):
    user.makepyfile(
        """
        def test_own():
            try:
                {}["key"]
            except KeyError as error:
                raise AssertionError("mine") from error
        """
    )
    result = run(user)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *KeyError: 'key'", "*direct cause*", "E *AssertionError: mine"])
