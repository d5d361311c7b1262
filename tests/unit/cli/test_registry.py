"""Plans with the registry's providers, which run as processes of their own and ask the cloud who calls.

The registry's are not to be had offline. Programs of a provider mirror take their place: the one for awscc
asks first what the real one asks.
"""

import shlex
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.unit.provider_program import mirror
from tests.unit.waiting import until

from .conftest import ENDPOINT, IMAGE, LIMITS

PLANNED_TWICE = ("simulate", ENDPOINT, *IMAGE, *LIMITS, "--traffic", "step:top=60,days=0.2", "--no-advice", "--before",
                 ENDPOINT)  # fmt: skip
VARIABLES = dict(word.split("=", 1) for word in IMAGE[1::2])
ASK = """
import os, re, sys, urllib.request as http
url, key = os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_ACCESS_KEY_ID"]
scope = f"AWS4-HMAC-SHA256 Credential={key}/20261101/us-east-1/sts/aws4_request, SignedHeaders=, Signature="
request = http.Request(url, b"Action=GetCallerIdentity&Version=2011-06-15", {"Authorization": scope})
answer = http.build_opener(http.ProxyHandler({})).open(request).read().decode()
with open(sys.argv[1], "a") as file:
    print(url, re.search("<Account>(.*)</Account>", answer)[1], file=file)
"""


@pytest.fixture
def asked(tmp_path, monkeypatch, new_cache):
    """Where the provider asked who calls, and the account that was the answer; without one it ends."""
    log = tmp_path / "asked"
    ask = shlex.join([sys.executable, "-I", "-S", "-c", ASK, str(log)])
    first = f"case $0 in *awscc*) {ask} || exit 1 ;; esac"
    versions = {"aws": ("6.40.0",), "awscc": ("1.110.0",)}
    configuration = mirror(tmp_path / "user", versions, standins=True, first=first)
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("SCALEPROOF_PROVIDERS", "registry")
    # The user's has the real providers under the same names.
    monkeypatch.setenv("SCALEPROOF_CACHE", str(new_cache(tmp_path / "cache")))
    return lambda: [tuple(line.split()) for line in log.read_text().splitlines()]


def listens(url):
    """Whether something answers there."""
    with socket.socket() as probe:
        return probe.connect_ex((urlsplit(url).hostname, urlsplit(url).port)) == 0


def test_without_a_localstack_one_is_started_for_all_plans_of_the_command(run, asked):
    shown = run(*PLANNED_TWICE)
    ((url, account),) = set(asked())
    assert account == "000000000000"
    used = [line for line in shown.err.splitlines() if line.startswith("Using ")]
    assert len(used) == 2
    for line in used:
        assert "providers of the registry, LocalStack " in line
        assert f"at {url} (started for this run)" in line
    # The port goes with the last process that cleans up, a moment after the command.
    until(lambda: not listens(url))


def test_a_named_localstack_is_used_and_goes_on(run, asked, cloud, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    shown = run("plan", ENDPOINT, *IMAGE)
    assert {url for url, _ in asked()} == {cloud.endpoint_url}
    assert f"providers of the registry, LocalStack {cloud.version} at {cloud.endpoint_url} " in shown.err
    assert listens(cloud.endpoint_url)


def pytest_run(file, *options):
    """A run of pytest on a file, with the registry's providers."""
    words = ("pytest", "-p", "scaleproof.pytest_plugin", "-p", "no:cacheprovider", file)
    return subprocess.run([sys.executable, "-m", *words, *options], capture_output=True, text=True, check=False)


@pytest.mark.nightly
def test_a_plan_of_the_pytest_plugin_asks_the_localstack_of_the_run(asked, cloud, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    file = tmp_path / "test_it.py"
    file.write_text(f"def test_it(plan):\n    assert plan({str(ENDPOINT)!r}, **{VARIABLES}).changes\n")
    ran = pytest_run(file)
    assert ran.returncode == 0, ran.stdout
    assert {url for url, _ in asked()} == {cloud.endpoint_url}
    assert f"providers of the registry, LocalStack {cloud.version} at {cloud.endpoint_url} " in ran.stdout
    assert listens(cloud.endpoint_url)
