"""Every output that shows a cost says whose prices it has."""

import json

import pytest

from .conftest import DOCUMENTS, ENDPOINT, IMAGE, PRICES, PRICES_SAID, conforms

LIMITS = ["--max-concurrency", "ml.g6.2xlarge=12", "--max-concurrency", "ml.g6e.2xlarge=16"]
TRAFFIC = ["--traffic", "constant:level=5,days=0.05"]


@pytest.mark.parametrize("command", ["simulate", "compare"])
def test_a_cost_names_its_source_and_date(command, small, prices, run, tmp_path):
    page, summary = tmp_path / "page.html", tmp_path / "summary.md"
    given = [command, small, *LIMITS, *TRAFFIC, *(["--rival", "none"] if command == "compare" else [])]
    shown = run(*given, "--price", prices, "--report", page, "--markdown", summary)
    assert shown.code == 0, shown.err
    for text in (shown.out, page.read_text(), summary.read_text()):
        assert PRICES_SAID in text
    document = json.loads(run(*given, "--price", prices, "--json").out)
    conforms(document, DOCUMENTS[command])
    one = document["outcomes"][0] if command == "simulate" else document["comparisons"][0]["contenders"][0]["outcome"]
    assert one["cost"]["prices"] == {"source": "prices.csv", "date": "2026-11-01"}
    assert one["cost"]["usd"] == pytest.approx(1.5 * one["cost"]["instance_hours"]["ml.g6.2xlarge"])
    without = run(*given)
    assert "Prices:" not in without.out
    assert "set with --price, of 20" in run(*given, "--price", "ml.g6.2xlarge=1", "--price", "ml.g6e.2xlarge=2").out


def test_prices_are_read_before_anything_is_simulated(run, tmp_path):
    ended = run("simulate", ENDPOINT, *IMAGE, *TRAFFIC, "--price", tmp_path / "none.csv")
    assert ended.code == 2
    assert "none.csv cannot be read" in ended.err


def test_a_type_that_the_file_has_not_is_named(prices, run):
    prices.write_text(PRICES.replace("ml.g6e.2xlarge", "ml.m5.large"))
    ended = run("simulate", ENDPOINT, *IMAGE, *TRAFFIC, "--price", prices)
    assert (ended.code, "There is no price for ml.g6e.2xlarge." in ended.err) == (2, True)
    assert "--price ml.g6e.2xlarge=USD" in ended.err


@pytest.mark.parametrize(("words", "region"), [("aws:eu-west-1", "eu-west-1"), ("aws", "eu-north-1")])
def test_aws_is_asked_by_the_profile_and_never_a_localstack(words, region, run, tmp_path, monkeypatch):
    (tmp_path / "config").write_text("[profile away]\nregion = eu-north-1\nendpoint_url = http://127.0.0.1:9\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    given = ["simulate", ENDPOINT, *IMAGE, *TRAFFIC, "--price", words]
    monkeypatch.setenv("AWS_PROFILE", "away")
    ended = run(*given)
    assert ended.code == 3, ended.err
    assert f"Reading the prices of region {region} from AWS's Price List." in ended.err
    assert "AWS's Price List cannot be read: Unable to locate credentials. Allow pricing:GetProducts" in ended.err
