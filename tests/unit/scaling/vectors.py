"""Reads tests/vectors: facts with their public source, one per row."""

import csv
from pathlib import Path

VECTORS = Path(__file__).parents[2] / "vectors"


class Row(dict[str, str]):
    """One row; `name` is its id in test names."""

    def name(self):
        return self["id"]


def rows(file):
    """All rows of a file; every one must say where it is from."""
    with (VECTORS / file).open(newline="", encoding="utf-8") as lines:
        table = [Row(row) for row in csv.DictReader(lines)]
    assert table
    assert all(row["source"] for row in table)
    return table
