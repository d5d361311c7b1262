"""Blocks say the same on a terminal, on a page and in Markdown."""

import re

import pytest

from scaleproof.report.blocks import (
    Answer,
    Cell,
    Code,
    Heading,
    Notes,
    Report,
    Row,
    Sentence,
    Table,
    Tiles,
    left_out,
    table,
)
from scaleproof.report.html import page
from scaleproof.report.markdown import markdown
from scaleproof.report.terminal import show

from .parsed import Page

BLOCKS = [
    Heading("one", "a day of calls", "fails"),
    Answer("It fails.", "Two are lost.", ["More of it."], ["a point"], "Take another.", "fails"),
    Sentence("one is new."),
    Tiles([("Served", "98 %", "of 100")]),
    Table(("", "one"), [Row(("served", "98 %"))], words=("",), folded="All numbers", note="A note."),
    Table(("Time",), [Row(("10:50",))], title="What failed", page_only=True),
    Heading("two", "a week"),
    Code("pools = []\n", "The block"),
    Code("hidden = []\n", folded="Another block", page_only=True),
    Notes(["Assumed: much."]),
]
FIRST = ("a day of calls", "It fails.", "Two are lost.", "More of it.", "a point", "Take another.")
SAID = (*FIRST, "one is new.", "98 %", "A note.", "a week", "pools = []", "Assumed: much.")
CLOSE = ("What failed", "10:50", "hidden = []")


@pytest.fixture
def shown(capsys):
    """What each medium shows."""
    report = Report("both", BLOCKS, "On this basis.")
    show(report.blocks)
    return {"terminal": capsys.readouterr().out, "page": Page(page(report)).text, "md": markdown(report)}


def test_all_say_the_same_in_the_same_order(shown):
    for medium, text in shown.items():
        assert [one for one in SAID if one not in text] == [], medium
        places = [text.index(one) for one in SAID]
        assert places == sorted(places), medium


MARKDOWN = """<!-- Made by scaleproof. -->

### one fails

a day of calls

**It fails.** Two are lost.

More of it.

- a point

**Advice:** Take another.

one is new.

|  | one |
| --- | --- |
| served | 98 % |

A note.

### two

a week

```hcl
pools = []
```

<sub>Assumed: much.</sub>
<sub>Made by: `scaleproof x y`</sub>
"""
TERMINAL = """one
a day of calls
It fails. Two are lost.
More of it.
- a point
Advice: Take another.
one is new.

          one
 ─────────────
 served   98 %

A note.
two
a week

pools = []

Assumed: much.
"""


def test_a_summary_and_a_screen_to_the_letter(capsys):
    assert markdown(Report("both", BLOCKS), command="scaleproof `x`  y") == MARKDOWN
    show(BLOCKS)
    assert re.sub(" +$", "", capsys.readouterr().out, flags=re.MULTILINE) == TERMINAL


def test_what_is_no_terminal_has_wide_lines(capsys):
    show([Sentence("word " * 31), Answer(lead="It holds.")])
    assert capsys.readouterr().out.splitlines() == ["word " * 31, "It holds."]


def test_what_a_list_leaves_out_is_counted():
    assert [left_out(number) for number in (-1, 0, 1)] == ["", "", "1 more; --json has them all."]


def test_only_a_page_has_room_for_what_is_for_a_close_look(shown):
    assert all(one in shown["page"] for one in (*CLOSE, "of 100"))
    assert not any(one in shown[medium] for medium in ("terminal", "md") for one in (*CLOSE, "of 100"))


def test_a_heading_begins_an_article():
    text = page(Report("both", BLOCKS))
    first, second = text.split("<article>")[1:]
    assert "<h1>one</h1>" in first
    assert "What failed" in first
    assert "<h1>two</h1>" in second
    assert "Assumed" in second
    assert "### one fails" in markdown(Report("both", BLOCKS))
    assert page(Report("", [Sentence("alone")])).count("<article>") == 1


def test_names_of_others_do_not_write_markdown():
    text = markdown(
        Report("", [Heading("", "a|b<img>`c`[d](e)@all #1 ~~f~~ HTTPS://g.h WWW.g.h")]), command="i `j`\n\n<img>"
    )
    assert "a\\|b&lt;img>\\`c\\`\\[d\\](e)@all #1" in text
    assert "\\~\\~f\\~\\~" in text
    assert "`i j <img>`" in text


def test_what_is_folded_is_closed_at_first():
    text = page(Report("both", BLOCKS))
    assert text.count("<details>") == text.count("</details>") == 2
    assert "<summary>All numbers</summary>" in text
    assert "<h2>What failed</h2>" in text


def test_a_table_of_a_page_is_scrolled_with_keys_and_says_what_it_holds():
    made = Table(
        ("Name", "Cost"),
        [
            Row((Cell("a", small="of old", link="https://x/"), "$1"), "own", "1", "here"),
            *table([{"Name": "fails", "Cost": "$2"}], ()).rows,
        ],
        words=("Name",),
    )
    text = page(Report("", [made]))
    assert '<div class="card scrolls" tabindex="0">' in text
    assert '<tr class="own" id="here" tabindex="-1"><td><b class="dot own">1</b></td>' in text
    assert '<td class="about">a<small><a href="https://x/">of old</a></small></td><td class="number">$1</td>' in text
    assert '<td class="word fails">fails</td><td class="number">$2</td>' in text
