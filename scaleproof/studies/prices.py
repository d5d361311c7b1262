"""Reads the prices of instance-hours, with source and date, from options or a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scaleproof.errors import ScaleproofError
from scaleproof.texts import number

_COLUMNS = ["instance_type", "usd_per_hour"]
_FORM = (
    f"Write lines `# date: 2026-11-01` and `# source: ...`, then the header `{','.join(_COLUMNS)}`, and a row for "
    "each type."
)


@dataclass(frozen=True)
class PriceSource:
    """Where prices come from, and of which day they are (ISO 8601)."""

    source: str
    date: str

    @property
    def sentence(self) -> str:
        """The sentence about the prices, under every cost."""
        return f"Prices: {self.source}, of {self.date}."


class Prices(dict[str, float]):
    """USD per instance-hour by type, with where they come from."""

    def __init__(self, by_type: Mapping[str, float], origin: PriceSource) -> None:
        """`origin` is named wherever a cost is."""
        super().__init__(by_type)
        self.origin = origin


def with_options(listed: Prices | None, options: Mapping[str, float], today: date) -> Prices | None:
    """Prices with those that options give instead; None where there are none at all."""
    if not options:
        return listed
    if listed is None:
        return Prices(options, PriceSource("set with --price", today.isoformat()))
    origin = PriceSource(f"{listed.origin.source} ({', '.join(options)} by --price)", listed.origin.date)
    return Prices({**listed, **options}, origin)


def from_file(path: Path) -> Prices:
    """The prices of a CSV file. Raises ScaleproofError that says what is wrong with it."""
    try:
        lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ScaleproofError(f"{path} cannot be read: {reason}.", advice=_FORM) from error
    comments = (line[1:].partition(":") for line in lines if line.startswith("#"))
    about = {key.strip(): value.strip() for key, _, value in comments}
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), skipinitialspace=True)
    if not set(_COLUMNS) <= set(rows.fieldnames or _COLUMNS):
        raise ScaleproofError(f"{path}: the header is {','.join(rows.fieldnames or ())}.", advice=_FORM)
    prices: dict[str, float] = {}
    for row in rows:
        if None in row or None in row.values():
            cells = [*filter(None, list(row.values())[: len(rows.fieldnames or ())]), *(row.get(None) or ())]
            raise ScaleproofError(f"{path}: {','.join(cells)} has more or less values than the header.", advice=_FORM)
        kind, value = (row[column].strip() for column in _COLUMNS)
        if not kind or not number(value) > 0:
            raise ScaleproofError(f"{path}: {value!r} is not the price of {kind or 'a type'}.", advice=_FORM)
        if prices.setdefault(kind, number(value)) != number(value):
            raise ScaleproofError(f"{path} has several prices of {kind}.", advice=_FORM)
    if not prices:
        raise ScaleproofError(f"There are no prices in {path}.", advice=_FORM)
    try:
        day = date.fromisoformat(about.get("date", ""))
    except ValueError:
        raise ScaleproofError(f"{path} has no date of its prices in ISO 8601.", advice=_FORM) from None
    return Prices(prices, PriceSource(about.get("source") or path.name, day.isoformat()))
