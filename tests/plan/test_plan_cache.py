"""Plans that were kept are those of this state of the repository."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from scaleproof.providers.aws import data
from scaleproof.terraform.diagnostics import Diagnostic, PlanFailed
from scaleproof.terraform.root import Root
from tests.plan.plan_cache import REPOSITORY, PlanCache, cached, fingerprint, kept_root


def test_what_was_made_is_made_once_and_what_is_older_goes(tmp_path):
    (tmp_path / "older").mkdir()
    made = []
    for cache in (PlanCache(tmp_path), PlanCache(tmp_path)):
        for key in "ab":
            assert cache.get(key, lambda: made.append(1) or [key]) == [key]  # noqa: B023
    assert len(made) == 2
    assert [path.name for path in tmp_path.iterdir()] == [fingerprint()]
    assert PlanCache(None).get("a", lambda: ["anew"]) == ["anew"]


def test_what_is_made_after_an_edit_is_not_kept(tmp_path, monkeypatch):
    cache = PlanCache(tmp_path)
    cache.get("before", lambda: "kept")
    monkeypatch.setenv("TF_VAR_edited", "yes")
    for value in "ab":
        assert cache.get("after", lambda: value) == value  # noqa: B023
    assert len(list(tmp_path.glob("*/*"))) == 1


@pytest.mark.parametrize(
    ("changes", "plans"),
    [({}, 1), ({"text": "other"}, 2), ({"variables": {"name": "b"}}, 2), ({"account": "1"}, 2), ({"module": True}, 2)],
)
def test_a_root_is_planned_once_wherever_it_lies(tmp_path, monkeypatch, changes, plans):
    made = []
    run = SimpleNamespace(directory=Path, plan=lambda *given: made.append(given) or "a plan")
    plan = cached(run, PlanCache(tmp_path))
    for name, text, variables in (
        ("roots/a", "", {"name": "a"}),
        ("roots/b/c", changes.get("text", ""), {"name": "a"}),
    ):
        directory = tmp_path / name
        directory.mkdir(parents=True)
        (directory / "main.tf").write_text(f"{os.path.relpath(REPOSITORY, directory)}/modules {text}")
        if name == "roots/b/c" and "account" in changes:
            monkeypatch.setattr(data, "PLACEHOLDER_ACCOUNT", changes["account"])
        if name == "roots/b/c" and "module" in changes:
            (directory / "module").mkdir()
            (directory / "module" / "main.tf").touch()
        plan(directory, changes.get("variables", variables) if name == "roots/b/c" else variables)
    assert len(made) == plans


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the repository."""
    directory = tmp_path_factory.mktemp("copy")
    for path in REPOSITORY.glob("*.tf"):
        shutil.copy(path, directory)
    for name in ("modules", "scaleproof", "tests/plan", "tools"):
        shutil.copytree(REPOSITORY / name, directory / name)
    return directory


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("main.tf", True),
        ("modules/endpoint/content.tftpl", True),
        ("scaleproof/providers/server.py", True),
        ("scaleproof/translation/schemas/aws.json", True),
        ("scaleproof/terraform/plan.py", True),
        ("tests/plan/planner.py", True),
        ("tests/plan/test_model.py", False),
        ("scaleproof/cli/app.py", False),
    ],
)
def test_a_change_of_what_makes_plans_is_another_state(copy, file, counts):
    before = fingerprint(copy)
    assert before == fingerprint()
    content = (copy / file).read_bytes()
    (copy / file).write_bytes(content + b"\n")
    assert (fingerprint(copy) != before) == counts
    (copy / file).write_bytes(content)


@pytest.mark.parametrize(("name", "counts"), [("TF_VAR_tags", True), ("TERRAFORM_X", True), ("OLDPWD", False)])
def test_so_is_a_variable_that_terraform_or_the_stand_ins_see(name, counts, monkeypatch):
    before = fingerprint()
    monkeypatch.setenv(name, "other")
    assert (fingerprint() != before) == counts


def test_a_plan_that_is_refused_is_refused_again(tmp_path):
    def refuse(directory, *_given):
        made.append(directory)
        raise PlanFailed("plan it", [Diagnostic("error", "No", "Say it otherwise.")])

    made = []
    plan = cached(SimpleNamespace(directory=Path, plan=refuse), PlanCache(tmp_path))
    for _ in range(2):
        with pytest.raises(PlanFailed, match="Say it otherwise"):
            plan(tmp_path / "root", {})
    assert len(made) == 1


@pytest.fixture
def own_cache(tmp_path):
    directory = tmp_path / "kept"
    directory.mkdir()
    return PlanCache(directory)


@pytest.mark.parametrize(
    ("changes", "plans"),
    [
        ({}, 1),
        ({"arguments": ["-var", "a=1"]}, 1),
        ({"arguments": ["-var-file=values"]}, 2),
        ({"text": '"./inside"'}, 1),
        ({"text": '"../beside"'}, 2),
        ({"sources": {"x/y": REPOSITORY}}, 2),
        ({"standins": None}, 2),
        ({"connection": "of an account"}, 2),
    ],
)
def test_a_command_plans_once_what_depends_on_nothing_else(tmp_path, monkeypatch, own_cache, changes, plans):
    """The values in a file are another for each of two plans; what lies beside a root could be."""
    text, made = changes.pop("text", ""), []
    monkeypatch.setattr(Root, "plan", lambda *_, **given: made.append(given) or "a plan")
    for value in "ab":
        directory = tmp_path / value / "root"
        directory.mkdir(parents=True)
        (directory / "main.tf").write_text(text)
        monkeypatch.chdir(directory.parent)
        Path("values").write_text(f'a = "{value}"')
        with kept_root(own_cache)(directory, **{"standins": "some", **changes}) as root:
            assert root.plan(name="x") == "a plan"
    assert len(made) == plans


def test_a_refusal_that_may_name_a_file_is_not_kept(tmp_path, monkeypatch, own_cache):
    def refuse(*_):
        made.append(1)
        raise PlanFailed("plan it", [Diagnostic("error", "No", "Say it otherwise.")])

    made = []
    monkeypatch.setattr(Root, "plan", refuse)
    directory = tmp_path / "root"
    directory.mkdir()
    (directory / "main.tf").touch()
    for arguments, plans in (([], 1), (["-var", "a=1"], 3)):
        for _ in range(2):
            with (
                kept_root(own_cache)(directory, standins="some", arguments=arguments) as root,
                pytest.raises(PlanFailed, match="Say it otherwise"),
            ):
                root.plan()
        assert len(made) == plans
