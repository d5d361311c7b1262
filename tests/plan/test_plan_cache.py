"""Plans that were kept are those of this state of the repository."""

import shutil

import pytest

from tests.plan.plan_cache import NO_PART, REPOSITORY, PlanCache, fingerprint
from tests.static.test_layers import ROOMS


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
    monkeypatch.setenv("TF_VAR_edited", "yes")
    for value in "ab":
        assert cache.get("key", lambda: value) == value  # noqa: B023
    assert list(tmp_path.iterdir()) == []


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


def test_what_is_left_out_has_no_part_in_plans():
    rooms = {"terraform", "providers"}
    while not rooms >= (below := {room for name in rooms for room in ROOMS[name].split()}):
        rooms |= below
    assert not {room.partition(".")[0] for room in rooms} & NO_PART
