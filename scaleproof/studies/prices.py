"""Reads the prices of instance-hours, with source and date, from options or a file."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from scaleproof.bounds import LARGEST
from scaleproof.errors import ScaleproofError
from scaleproof.texts import json_value, number, read

_FORMS = (
    "A CSV file has lines `# date: 2026-11-01` and `# source: ...`, then the header "
    "`instance_type,usd_per_hour`. "
    'A JSON file is {"date": "2026-11-01", "source": "...", "usd_per_hour": {"ml.g6.2xlarge": 1.22}}.'
)


@dataclass(frozen=True)
class PriceSource:
    """Where prices come from, and of which day they are (ISO 8601)."""

    source: str
    date: str

    @property
    def sentence(self) -> str:
        """For people, under every cost."""
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
        return Prices(options, PriceSource("given by --price", today.isoformat()))
    origin = PriceSource(f"{listed.origin.source} ({', '.join(options)} by --price)", listed.origin.date)
    return Prices({**listed, **options}, origin)


def from_file(path: Path) -> Prices:
    """The prices of a CSV or JSON file. Raises ScaleproofError that says what is wrong with it."""
    try:
        text = read(path).decode("utf-8-sig")
    except OSError as error:
        raise ScaleproofError(f"{path} cannot be read: {error.strerror}.", advice=_FORMS) from error
    except UnicodeDecodeError as error:
        raise ScaleproofError(f"{path} is not text in UTF-8.", advice=_FORMS) from error
    about, rows = (_of_json if text.lstrip().startswith("{") else _of_csv)(path, text)
    prices: dict[str, float] = {}
    for kind, value in rows:
        if prices.setdefault(kind.strip(), price := _price(path, kind, value)) != price:
            raise ScaleproofError(f"{path} has several prices of {kind.strip()}.", advice=_FORMS)
    if not prices:
        raise ScaleproofError(f"There are no prices in {path}.", advice=_FORMS)
    try:
        day = date.fromisoformat(about.get("date", ""))
    except ValueError:
        raise ScaleproofError(f"{path} does not say of which day its prices are.", advice=_FORMS) from None
    return Prices(prices, PriceSource(about.get("source") or path.name, day.isoformat()))


def _of_json(path: Path, text: str) -> tuple[dict[str, str], list[tuple[str, Any]]]:
    try:
        document = json_value(text)
    except ValueError as error:
        raise ScaleproofError(f"{path} is not JSON: {error}.", advice=_FORMS) from error
    except RecursionError as error:
        raise ScaleproofError(f"{path} is nested too deeply.", advice=_FORMS) from error
    try:
        rows = list(document["usd_per_hour"].items())
    except (KeyError, AttributeError) as error:
        raise ScaleproofError(f"{path} has no prices in `usd_per_hour`.", advice=_FORMS) from error
    return {name: str(document[name]) for name in ("date", "source") if document.get(name)}, rows


def _of_csv(path: Path, text: str) -> tuple[dict[str, str], list[tuple[str, Any]]]:
    lines = [line for line in text.splitlines() if line.strip()]
    about = {}
    for line in lines:
        if comment := re.match(r"#\s*(date|source)\s*:\s*(.+?)\s*$", line):
            about[comment[1]] = comment[2]
    table = [line for line in lines if not line.startswith("#")]
    delimiter = max(",;\t", key="".join(table[:1]).count)
    try:
        rows = list(csv.DictReader(table, delimiter=delimiter))
    except csv.Error as error:
        raise ScaleproofError(f"{path} is not CSV: {error}.", advice=_FORMS) from error
    return about, [(row.get("instance_type") or "", row.get("usd_per_hour")) for row in rows]


def _price(path: Path, kind: str, value: Any) -> float:
    price = number(str(value))
    if not kind.strip() or not 0 < price <= LARGEST:
        raise ScaleproofError(f"{path}: {value!r} is not the price of {kind or 'a type'}.", advice=_FORMS)
    return price
