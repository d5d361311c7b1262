"""Runs of pytest as a user has them, in an empty directory."""

import shlex
import sys
from pathlib import Path

import pytest

from tests.unit.pytest_plugin.conftest import run

pytest_plugins = ["pytester"]

EXAMPLE = Path(__file__).parents[3] / "examples/realtime"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.4"


def test_a_root_is_planned_with_variables_and_files(user):
    user.makepyfile(
        """
        from pathlib import Path

        HERE = Path(__file__).parent

        def test_directories(plan):
            assert plan("infra").outputs == plan(str(HERE / "infra")).outputs == {"labels": ["a"]}

        def test_variables(plan):
            assert plan(HERE / "infra", amount=2, label="b").outputs == {"labels": ["b", "b"]}

        def test_nothing_stays_of_an_earlier_plan(plan):
            assert plan(HERE / "infra").outputs == {"labels": ["a"]}

        def test_files(plan):
            assert plan(HERE / "infra", tfvars="three.tfvars", amount=1).outputs == {"labels": ["file"]}
            assert len(plan(HERE / "infra", tfvars=[HERE / "infra/three.tfvars"]).changes) == 3
        """
    )
    result = run(user)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["scaleproof used * stand-ins for the providers aws and awscc."])
    assert sorted(path.name for path in (user.path / "infra").iterdir()) == ["main.tf", "three.tfvars"]


def test_what_terraform_drops_is_a_warning_that_names_the_root(user):
    user.makepyfile(
        """
        ROOT = 'variable "pool" {\\n  type = object({ max = optional(number) })\\n  default = {}\\n}\\n'

        def test_misspelt(plan, tmp_path):
            (tmp_path / "main.tf").write_text(ROOT)
            plan(tmp_path, pool={"maxx": 1})

        def test_applied(apply, tmp_path):
            (tmp_path / "main.tf").write_text(ROOT)
            apply(tmp_path, pool={"mix": 1})
        """
    )
    result = run(user)
    result.assert_outcomes(passed=2, warnings=2)
    result.stdout.fnmatch_lines(
        ["*UserWarning: */test_misspelt0: Terraform drops pool.maxx of the root: *Did you mean max?*"]
    )
    result.stdout.fnmatch_lines(["*/test_applied0: Terraform drops pool.mix of the root: *"])


def test_a_root_may_change_between_plans(user):
    user.makepyfile(
        """
        def test_change(plan, tmp_path):
            (tmp_path / ".#main.tf").symlink_to("an editor's lock")
            (tmp_path / "main.tf").write_text('output "it" {\\n  value = 1\\n}\\n')
            assert plan(tmp_path).outputs == {"it": 1}
            (tmp_path / "main.tf").write_text('module "it" {\\n  source = "./it"\\n}\\n')
            (tmp_path / "it").mkdir()
            (tmp_path / "it" / "main.tf").write_text('resource "terraform_data" "it" {}\\n')
            assert list(plan(tmp_path).resources) == ["module.it.terraform_data.it"]
        """
    )
    run(user).assert_outcomes(passed=1)


def test_a_module_that_cannot_be_fetched(user):
    """For a plan, before a LocalStack is started for an apply, and in YAML."""
    (user.path / "infra/main.tf").write_text('module "it" {\n  source = "hg::http://127.0.0.1:1/it"\n}\n')
    user.makepyfile(
        """
        def test_plan(plan):
            plan("infra")

        def test_apply(apply):
            apply("infra")
        """
    )
    (user.path / "case.scaleproof.yaml").write_text("root: infra\noutputs: {}\n")
    failed = run(user)
    failed.assert_outcomes(failed=3)
    words = failed.stdout.str()
    assert words.count("Failed to download module") >= 3
    assert "--scaleproof-source 127.0.0.1:1/it=DIR" in words
    assert "LocalStack" not in words.partition("scaleproof used")[2]


def test_what_an_endpoint_of_a_plan_scales_on(user):
    user.makepyfile(
        f"""
        import pytest

        @pytest.fixture(scope="module")
        def planned(plan):
            return plan({str(EXAMPLE)!r}, region="us-east-1", image={IMAGE!r})

        def test_true(planned, endpoint):
            it = endpoint(planned)
            it.is_realtime().runs_on("ml.g6.2xlarge", "ml.g6e.2xlarge").scales_between(1, 4)

        def test_false(planned, endpoint):
            endpoint(planned, "speech-realtime").scales_between(2, 20)

        def test_named_wrong(planned, endpoint):
            endpoint(planned, "speech")

        def test_no_plan(endpoint):
            endpoint("speech")
        """
    )
    (user.path / "day.scaleproof.yaml").write_text(
        f"""
root: {EXAMPLE}
variables: {{region: us-east-1, image: {IMAGE}}}
cases:
  enough:
    simulate: {{speech-realtime: {{traffic: "constant:level=6,days=0.1", holds: true, max_cut: any}}}}
  too much:
    simulate: {{speech-realtime: {{traffic: "constant:level=90,days=0.1", loses_nothing: true}}}}
"""
    )
    result = run(user)
    result.assert_outcomes(passed=2, failed=4)
    result.stdout.fnmatch_lines(
        [
            "E*AssertionError: speech-realtime scales between 1 and 4 instances, not between 2 and 20.",
            "E*ScaleproofError: There is no endpoint speech. Known endpoints: speech-realtime.",
            "E*ScaleproofError: Cannot read an endpoint from str. *",
        ]
    )
    result.stdout.fnmatch_lines("speech-realtime under constant:level=90,days=0.1 loses * of * requests: *")
    result.stdout.no_fnmatch_line("*scaleproof/pytest_plugin/*")


def test_cases_in_yaml(user):
    (user.mkdir("tests") / "infra.scaleproof.yaml").write_text(
        """
root: ../infra
cases:
  as it is:
    tfvars: three.tfvars
    counts: {terraform_data: 3}
    outputs: {labels: [file, file, file]}
    values: {"terraform_data.item[0]": {input: file}}
  otherwise:
    variables: {amount: 2}
    counts: {terraform_data: 3}
    outputs: {labels: [a, b]}
  refused:
    variables: {amount: -2}
    refused: [Set amount to 0 or more., anything but -2]
  refused otherwise:
    variables: {amount: -1}
    refused: Set label
  not refused:
    refused: Set amount
  misspelt:
    variables: {amont: 2}
    counts: {resources: 1}
"""
    )
    (user.path / "tests" / "broken.scaleproof.yml").write_text("root: ../infra\ncount: {}\n")
    result = run(user, "--continue-on-collection-errors")
    result.assert_outcomes(passed=2, failed=4, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*broken.scaleproof.yml: there is no key count. Did you mean counts[?]",
            "The plan differs from infra.scaleproof.yaml:",
            "  counts: terraform_data is 2, expected 3",
            '  outputs: labels[[]1] is "a", expected "b"',
            "If the plan is right, this rebuilds the case:",
            "  pytest tests/infra.scaleproof.yaml::otherwise --scaleproof-rebuild",
            "The plan is refused, but no error says:",
            "  Set label",
            "The errors are:",
            "  * Set amount to 0 or more.",
            "The plan succeeds, but should be refused with: Set amount",
            "Terraform could not plan *",
            "  error: *infra declares no variable named amont.",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*casefile.py*")


def test_the_printed_command_runs_nothing_else(user):
    name = "it's `touch run`"
    (user.path / "x.scaleproof.yaml").write_text(f'root: infra\ncases: {{"{name}": {{counts: {{resources: 9}}}}}}\n')
    (command,) = dict.fromkeys(line for line in run(user).outlines if line.endswith("--scaleproof-rebuild"))
    assert shlex.split(command) == ["pytest", f"x.scaleproof.yaml::{name}", "--scaleproof-rebuild"]


def test_the_printed_command_is_for_where_pytest_was_started(user, monkeypatch):
    user.makeini("[pytest]")
    tests = user.mkdir("tests")
    (tests / "x.scaleproof.yaml").write_text("root: ../infra\ncounts: {resources: 9}\n")
    monkeypatch.chdir(tests)
    run(user).stdout.fnmatch_lines(["  pytest x.scaleproof.yaml::plan --scaleproof-rebuild"])


def test_the_printed_command_rebuilds(user):
    tests = user.mkdir("tests")
    (tests / "infra.scaleproof.yaml").write_text(
        """
root: ../infra
cases:
  one:
    counts: {terraform_data: 3}
    outputs:
  two labels:
    variables: {amount: 2}
    outputs: {labels: [x, y], colours: []}
"""
    )
    before = run(user)
    before.assert_outcomes(failed=2)
    # Where CI is set, pytest repeats whole messages in its summary.
    commands = dict.fromkeys(
        line.removeprefix("E").strip() for line in before.outlines if line.endswith("--scaleproof-rebuild")
    )
    assert list(commands) == [
        "pytest tests/infra.scaleproof.yaml::one --scaleproof-rebuild",
        "pytest 'tests/infra.scaleproof.yaml::two labels' --scaleproof-rebuild",
    ]
    for command in commands:
        words = [word.strip("'") for word in command.removeprefix("pytest ").rsplit(" ", 1)]
        rebuilt = run(user, *words)
        rebuilt.assert_outcomes(passed=1)
        rebuilt.stdout.fnmatch_lines(["scaleproof rebuilt tests/*: read the difference before you keep it."])
        if "two labels" in command:
            rebuilt.stdout.fnmatch_lines(["  no longer expected, *: outputs: colours"])
    run(user).assert_outcomes(passed=2)
    assert "labels:\n        - a\n        - a\n" in (tests / "infra.scaleproof.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scaleproof-source=x"], "*--scaleproof-source: 'x' is not of the form SOURCE=DIR.*"),
        (["--scaleproof-source=x=nowhere"], "*--scaleproof-source: *nowhere has no module*"),
        (["--scaleproof-rebuild", "-p", "xdist", "-n", "1"], "*--scaleproof-rebuild writes files*add -n 0*"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_bad_option_ends_the_run_before_it_begins(user, arguments, words):
    user.makepyfile("def test_nothing(plan): plan('infra')")
    result = run(user, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([words])


def test_without_terraform_the_way_to_one_is_told(user, monkeypatch):
    monkeypatch.setenv("TERRAFORM", "no-such-terraform")
    user.makepyfile("def test_plan(plan): plan('infra')")
    result = run(user)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*TERRAFORM names 'no-such-terraform', which is not a program. *"])


def test_without_its_extra_a_case_in_yaml_names_it(user, monkeypatch):
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    (user.path / "infra.scaleproof.yaml").write_text("root: infra\ncounts: {resources: 1}\n")
    result = run(user)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*need ruamel.yaml: install scaleproof with its extra `pytest`, *?pytest?'.*"])
