"""Tables on screens of any width."""

import io

import pytest

from scaleproof.progress import Screen
from scaleproof.report.terminal import new_table

NAME, SIGNAL = "speech-realtime-concurrency", "MAX([concurrency_1/12, concurrency_2/16])"


def shown(width):
    """What a screen of that many columns shows of a table."""
    table = new_table("Policies", "Policy", "Scales on", "Cooldown out / in")
    table.add_row(NAME, SIGNAL, "60 / 300 s")
    table.add_row("", "ConcurrentRequestsPerModel", "")
    screen = Screen(file=io.StringIO(), width=width)
    screen.print(table)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [93, 100])
def test_a_row_that_fits_is_one_line(width):
    """What lacks least gets the spare width first, which leaves most to the others."""
    for row in (("Policy", "Scales on", "Cooldown out / in"), (NAME, SIGNAL, "60 / 300 s")):
        assert any(all(cell in line for cell in row) for line in shown(width))


@pytest.mark.parametrize("width", [62, 68])
def test_a_screen_too_narrow_for_the_words_of_a_row_has_a_line_for_each_cell(width):
    assert shown(width) == [
        "Policies",
        "",
        f"Policy: {NAME}",
        f"  Scales on          {SIGNAL}",
        "  Cooldown out / in  60 / 300 s",
        "",
        "  Scales on  ConcurrentRequestsPerModel",
        "",
    ]


@pytest.mark.parametrize("width", range(69, 100))
def test_no_word_is_broken_where_all_of_a_row_fit(width):
    lines = shown(width)
    assert f"Policy: {NAME}" not in lines
    words = {word for line in lines for word in line.split()}
    assert {"Policies", NAME, "ConcurrentRequestsPerModel", *SIGNAL.split()} <= words
    assert max(map(len, lines)) <= width


def test_what_no_line_holds_is_folded():
    assert "…" not in "".join(shown(25))
