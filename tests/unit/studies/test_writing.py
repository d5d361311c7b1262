"""Blocks that are written: as `terraform fmt` would have them, and read back as what was meant."""

import pytest

from scaleproof.studies.proposal import entry, identifier, inline
from scaleproof.terraform.hcl import read_file

OBJECT = {
    "min": 1,
    "schedules": {"opening": {"min": 2, "timezone": "Europe/Berlin"}, "noon": {"min": 3}},
    "target_utilization": 0.75,
    "wake_up": {"instances": 1},
}


@pytest.mark.parametrize(
    "value",
    [OBJECT, [{"a": "b"}, "text", 7], 'say "hi" \\ ${there} %{if}', 1.5, 2.0, 1e7, 12_345_678, {"a": {"b": {"c": 1}}}],
)
def test_what_is_written_is_read_as_what_was_meant(tmp_path, value):
    lines = entry("it", value, 2) if isinstance(value, dict | list) else [f"  it = {inline(value)}"]
    (tmp_path / "main.tf").write_text("\n".join(["locals {", *lines, "}", ""]))
    (block,) = read_file(tmp_path / "main.tf")
    assert block.constant("it") == value


def test_equals_signs_are_aligned_and_tables_come_last():
    assert entry("it", OBJECT, 2) == [
        "  it = {",
        "    min                = 1",
        "    target_utilization = 0.75",
        "    wake_up            = { instances = 1 }",
        "",
        "    schedules = {",
        '      opening = { min = 2, timezone = "Europe/Berlin" }',
        "      noon    = { min = 3 }",
        "    }",
        "  }",
    ]
    assert entry("it", ["a", 1], 2) == ["  it = [", '    "a",', "    1,", "  ]"]
    assert entry("it", {}) == ["it = {", "}"]
    assert entry("it", {"a": {"b": {"c": 1}, "d": 2}}) == ["it = {", "  a = { b = { c = 1 }, d = 2 }", "}"]


@pytest.mark.parametrize(("name", "label"), [("speech-v2", "speech_v2"), ("a-1", "a_1"), ("2nd-try", "m_2nd_try")])
def test_a_name_becomes_a_label(name, label):
    assert identifier(name) == label
