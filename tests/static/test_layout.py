"""Which directories there are, and what each must hold."""

from tests.static.directories import read
from tools import assumption_tables, readme_tables


def test_the_submodules_are_found(root):
    """Guards the other tests of this tier: without directories they would pass by running nothing."""
    found = {path.parent.name for path in root.glob("modules/*/main.tf")}
    assert found >= {"model", "endpoint", "realtime", "async"}
    assert found == {path.name for path in (root / "modules").iterdir() if path.is_dir()}


def test_the_examples_are_found(root):
    found = {path.relative_to(root).parts[1] for path in root.glob("examples/**/main.tf")}
    assert found >= {"realtime", "async", "complete", "user-ci"}
    assert found == {path.name for path in (root / "examples").iterdir() if path.is_dir()}


def test_a_directory_has_the_standard_files(directory):
    standard = {"README.md", "main.tf", "outputs.tf", "variables.tf", "versions.tf"}
    assert standard <= {path.name for path in directory.directory.iterdir()}


def test_generated_pages_are_up_to_date(directory):
    assert list(readme_tables.stale(directory.directory)) == [], "run 'make docs'"


def test_the_page_of_assumptions_is_up_to_date():
    text = assumption_tables.PAGE.read_text(encoding="utf-8")
    assert assumption_tables.page(text) == text, "run 'make docs'"


def test_every_module_is_called_by_an_example_or_another_module(root):
    """What nothing calls is never planned, let alone applied."""
    callers = [root, *root.glob("modules/*"), *root.glob("examples/*")]
    called = {
        (caller / call.source).resolve()
        for caller in callers
        if any(caller.glob("*.tf"))
        for call in read(caller).calls.values()
        if call.source.startswith(".")
    }
    modules = {path.resolve() for path in [root, *root.glob("modules/*")]}
    assert modules <= called, f"nothing calls {sorted(str(path) for path in modules - called)}"


def test_two_examples_stand_beside_each_other_in_one_account(root):
    """Each names its resources after `name`, and no two have the same default."""
    names = [read(path.parent).variables["name"].default for path in root.glob("examples/*/variables.tf")]
    assert len(names) == len(set(names)) > 1
