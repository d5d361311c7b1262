"""What Python gives the script of a page is what it knows. The script itself runs where there is Node."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.resources import files
from typing import Any

import pytest

from scaleproof.report import audit_page, comparison_page, measurement_page, simulation_page
from scaleproof.studies.outcome import Outcome
from tests.unit.auditing.test_attribution import audited, two
from tests.unit.measuring.made import FOUND

from .made import ENDPOINT, day
from .parsed import Page
from .test_pages import comparison

TEMPLATES = files("scaleproof.report") / "templates"
SCRIPT, STYLE = "".join((TEMPLATES / name).read_text() for name in ("plot.js", "page.js")), "style.css"


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    return [
        Page(text)
        for text in (
            simulation_page([Outcome.of(ENDPOINT, day(), {})]),
            comparison_page([comparison()]),
            measurement_page(FOUND, endpoint="speech", instance_type="ml.g6.2xlarge", pools=""),
            audit_page([audited(two().case())], "a file"),
        )
    ]


def test_every_colour_is_in_the_style_sheet_for_light_and_dark(pages: list[Page]) -> None:
    light, dark = (TEMPLATES / STYLE).read_text().split("@media (prefers-color-scheme: dark)")
    names = [set(re.findall(r"--(\w+): (?:#[0-9a-f]{6}|var)", part.split("}")[0])) for part in (light, dark)]
    alias = set(re.findall(r"--(\w+): var", light.split("}")[0]))
    used = {
        one["colour"]
        for page in pages
        for figure in page.figures
        for what in ("series", "spans", "dots")
        for one in figure.data[what]
    }
    assert len(used) > 12
    assert used <= names[0]
    assert used - alias <= names[1]


def test_every_look_and_every_button_does_something(pages: list[Page]) -> None:
    looks = {one["look"] for page in pages for figure in page.figures for one in figure.data["series"]}
    assert looks == {"line", "dash", "area", "stack", "band", "none"}
    for look in looks - {"line"}:
        assert f'"{look}"' in SCRIPT
    for page in pages:
        zooms = {given["data-zoom"] for _, given in page.found if "data-zoom" in given}
        assert zooms == {"left", "right", "in", "out", "all"}
    for how in ("left", "in", "out", "all", "png"):
        assert f'"{how}"' in SCRIPT


def told(expression: str) -> Any:
    """The value of an expression of the script, as JSON; skips the test without Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not here to run the script")
    document = "{ querySelectorAll: () => [], title: 'page' }"
    around = f"const document = {document}, matchMedia = () => new EventTarget(), addEventListener = () => 0;"
    whole = f"{around}\n{SCRIPT}\nconsole.log(JSON.stringify({expression}));"
    run = subprocess.run([node, "-"], input=whole, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_a_table_of_values() -> None:
    figure = Page(simulation_page([Outcome.of(ENDPOINT, day(), {})])).plot("Who waits?")
    keys = [{"firstChild": {"textContent": key}} for key in figure.keys]
    group = f"{{ timed: true, across: 'time, UTC', start: 0, places: {figure.axis['places']} }}"
    text = told(f"table({{ data: {json.dumps(figure.data)}, group: {group}, buttons: {json.dumps(keys)} }})")
    head, first, *rest = text.splitlines()
    assert head == '"time","waiting","refused"'
    assert first == '"1970-01-01T00:00:00.000Z",0,0'
    assert len(rest) == 1439
    assert '"1970-01-01T10:40:00.000Z",0,1' in rest


def test_a_table_has_no_formulas_of_others() -> None:
    data = {
        "series": [],
        "dots": [],
        "lanes": ['=HYPERLINK("x")'],
        "spans": [{"key": 0, "lane": 0, "at": [[1, 2]]}],
    }
    buttons = [{"firstChild": {"textContent": "@sum"}}]
    group = {"timed": False, "start": 0, "places": [], "across": "x"}
    text = told(
        f"table({{ data: {json.dumps(data)}, group: {json.dumps(group)}, buttons: {json.dumps(buttons)} }})"
    )
    assert text.splitlines()[1] == '"\'=HYPERLINK(""x"")","\'@sum",1,2'


def test_numbers_of_an_axis_are_short() -> None:
    assert told("[0, 0.25, 150, 9000, 20000, 1500000, 0.1 + 0.2].map(short)") == [
        *("0", "0.25", "150", "9000", "20 k", "1.5 M", "0.3"),
    ]
