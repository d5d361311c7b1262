"""The quick start and the README show what their commands print, and the advice does what it says."""

import shutil

import pytest

from tests.plan.planner import REPOSITORY
from tests.plan.test_documents import blocks, commands

PAGE = REPOSITORY / "docs" / "quick-start.md"
README = REPOSITORY / "README.md"
INPUTS = ("capacity = { min = 1, max = 5 }", "target_utilization = 0.3")


def simulations(page=PAGE):
    """The words of each simulation on a page that shows a result, and the lines of that."""
    for _, text in blocks(page):
        shown = [line for line in text.splitlines() if line.startswith(("It ", "- ", "Advice: "))]
        if shown:
            *_, words = commands(text)
            yield words[1:], shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [*simulations(), *(pytest.param(*shown, marks=pytest.mark.nightly) for shown in simulations(README))],
)
def test_the_commands_print_what_the_page_shows(words, shown, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    ran = run(*words)
    found = ran.out.splitlines()
    assert [one for one in shown if not any(line.startswith(one) for line in found)] == []
    assert (tmp_path / "day.html").exists()


def test_first_it_holds_and_then_it_fails():
    assert [shown[0][:8] for _, shown in simulations()] == ["It holds", "It fails"]


def test_the_advice_of_the_page_holds(run, tmp_path):
    *_, (words, _) = simulations()
    text = PAGE.read_text()
    assert all(f"`{one}`" in text for one in INPUTS)
    here = tmp_path / "examples" / "realtime"
    shutil.copytree(REPOSITORY / "examples" / "realtime", here)
    main = here / "main.tf"
    before = "    capacity = { min = 1, max = 4 }\n"
    assert before in main.read_text()
    changed = main.read_text().replace(before, "".join(f"    {one}\n" for one in INPUTS))
    main.write_text(changed.replace('"../.."', f'"{REPOSITORY}"'))
    given = [str(here) if word == "examples/realtime" else word for word in words]
    assert "It holds" in run(*given[: given.index("--report")]).out
