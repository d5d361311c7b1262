"""Prices come from options or a file, and every cost says which, and of which day."""

import pickle
from datetime import date

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.studies.prices import Prices, PriceSource, from_file, with_options

G6, G6E = "ml.g6.2xlarge", "ml.g6e.2xlarge"
TODAY = date(2026, 11, 27)
CSV = f"# date: 2026-11-01\n# source: our contract\ninstance_type,usd_per_hour\n{G6},0.98\n{G6E},2.9\n"


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        f"\ufeff{CSV}",
        CSV.replace(",", ", "),
        CSV.replace(",", ",region,"),
    ],
    ids=["CSV", "with the mark of a spreadsheet", "with blanks", "with a column of one's own"],
)
def test_a_file_has_prices_their_source_and_their_day(text, tmp_path):
    (tmp_path / "prices").write_text(text)
    found = from_file(tmp_path / "prices")
    assert found == {G6: 0.98, G6E: 2.9}
    assert found.origin == PriceSource("our contract", "2026-11-01")
    assert found.origin.sentence == "Prices: our contract, of 2026-11-01."
    again = pickle.loads(pickle.dumps(found))  # on its way to a worker
    assert (again, again.origin) == (found, found.origin)


def test_spaces_in_a_source_take_no_more_time_than_their_number(tmp_path):
    source = f"our{' ' * 1_000_000}contract"
    (tmp_path / "mine.csv").write_text(CSV.replace("our contract", source))
    assert from_file(tmp_path / "mine.csv").origin.source == source


def test_a_file_without_a_source_is_named(tmp_path):
    (tmp_path / "mine.csv").write_text(CSV.replace("# source: our contract\n", ""))
    assert from_file(tmp_path / "mine.csv").origin.source == "mine.csv"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CSV.replace("# date: 2026-11-01\n", ""), "has no date of its prices"),
        (CSV.replace("2026-11-01", "November"), "has no date of its prices"),
        (CSV.replace("0.98", "cheap"), f"'cheap' is not the price of {G6}"),
        (CSV.replace("0.98", "-1"), f"'-1' is not the price of {G6}"),
        (CSV.replace("usd_per_hour", "usd"), "prices.csv: the header is instance_type,usd."),
        (CSV.replace("0.98", "1,22"), f"prices.csv: {G6},1,22 has more or less values than the header."),
        (CSV.replace(",0.98", ""), f"prices.csv: {G6} has more or less values than the header."),
        (CSV.replace("0.98", ""), f"'' is not the price of {G6}"),
        (CSV.replace(G6E, G6), f"prices.csv has several prices of {G6}."),
        ("", "There are no prices in"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_form(text, said, tmp_path):
    (tmp_path / "prices.csv").write_text(text)
    with pytest.raises(ScaleproofError) as refused:
        from_file(tmp_path / "prices.csv")
    assert said in refused.value.message
    assert "instance_type,usd_per_hour" in refused.value.advice


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(ScaleproofError, match=r"none\.csv cannot be read: No such file or directory\."):
        from_file(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(ScaleproofError, match=r"binary\.csv cannot be read: it is not text in UTF-8\."):
        from_file(tmp_path / "binary.csv")


def test_options_win_over_a_file_and_say_so():
    file = Prices({G6: 0.98, G6E: 2.9}, PriceSource("prices.csv", "2026-11-01"))
    assert with_options(file, {}, TODAY) is file
    mixed = with_options(file, {G6: 1.0}, TODAY)
    assert mixed == {G6: 1.0, G6E: 2.9}
    assert mixed
    assert mixed.origin.sentence == f"Prices: prices.csv ({G6} by --price), of 2026-11-01."
    alone = with_options(None, {G6: 1.0}, TODAY)
    assert alone
    assert alone.origin.sentence == "Prices: set with --price, of 2026-11-27."
    assert with_options(None, {}, TODAY) is None
