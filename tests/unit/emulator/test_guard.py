"""What a web page sends to the ports of this machine is refused; what AWS's clients send is not."""

import http.client
import json
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from scaleproof.emulator import guard
from scaleproof.localstack import control
from scaleproof.localstack.health import HEADERS

from .raw import Raw

PUBLIC = "speech.s3.localhost.localstack.cloud:4566"
SIGNED = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260302/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:80.0) Gecko/20100101 Firefox/80.0"
PAGES = {
    "an image of a page": {"sec-fetch-site": "cross-site"},
    "a page on another port of this machine": {"sec-fetch-site": "same-site"},
    "a form or a script": {"origin": "https://example.com"},
    "a file, or a page in a sandbox": {"origin": "null"},
    "LocalStack's own web application": {"origin": "https://app.localstack.cloud"},
    "a page that this port serves": {"origin": "http://localhost:4566", "sec-fetch-site": "same-origin"},
    "an old browser": {"referer": "https://example.com/page"},
    "a rebound name": {"host": "rebound.example.com:4566"},
    "the same in a new browser": {"host": "rebound.example.com", "sec-fetch-site": "same-origin"},
    "a name that only begins so": {"host": "localhost.example.com:4566"},
    "a name that only ends so": {"host": "evil-localhost:4566"},
    "an address that only begins so": {"host": "[::1]evil.example.com"},
    "a port that is a name": {"host": "localhost:x@evil.example.com"},
    "no name before the end of one": {"host": "evil.example.com/.localhost"},
    "letters that no host has": {"host": "\u00e9.localhost:4566"},
    "no host": {"host": ""},
    "an image without a referrer": {"host": "localhost.localstack.cloud:4566"},
    "the same with a signature in its query": {"host": "b.s3.Localhost.LocalStack.cloud.:4566"},
    "the same with a password in its address": {"host": PUBLIC, "authorization": "Basic YTpi"},
    "an image without a referrer in an old browser": {"user-agent": BROWSER},
    "what a user types, in a browser that signs": {"host": PUBLIC, "authorization": SIGNED, "user-agent": BROWSER},
}


@pytest.mark.parametrize("headers", PAGES.values(), ids=PAGES)
def test_a_page_is_refused(headers):
    assert guard.refusal({"host": "127.0.0.1:4566", **headers}.get)


HOSTS = "127.0.0.1:4566 127.8.8.8 [::1]:4566 localhost:4566 localhost: LOCALHOST.:4566 speech.s3.localhost:4566"


@pytest.mark.parametrize("host", HOSTS.split())
def test_a_client_is_served(host):
    assert guard.refusal({"host": host}.get) is None
    # As a browser sends what its user has typed, and what a page of this port without a referrer links to.
    for site in ("none", "same-origin"):
        assert guard.refusal({"host": host, "sec-fetch-site": site, "user-agent": BROWSER}.get) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": SIGNED, "user-agent": "Boto3/1.43.0"},
        {"authorization": SIGNED.replace("HMAC-SHA256", "ECDSA-P256-SHA256")},
        {name.lower(): value for name, value in HEADERS.items()},
    ],
)
def test_what_no_page_can_send_is_served_by_the_public_name(headers):
    assert guard.refusal({"host": PUBLIC, **headers}.get) is None


def send(connection, method, path, body="", **headers):
    """The status and the body of an answer."""
    place = urlsplit(connection.endpoint_url)
    client = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        client.request(method, path, body or None, {"Host": place.netloc, **named})
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    finally:
        client.close()


def test_a_page_reaches_nothing(connection):
    """No image (GET without Origin), no rebound name, no form (POST of text/plain): no preflight either."""
    connection.client("s3").create_bucket(Bucket=f"held-{connection.account}")
    paths = {
        "GET": ["/", "/_localstack/health", f"/_scaleproof/faults/{connection.account}", "/_aws/sqs"],
        "POST": ["/", "/_localstack/state/reset", "/restapis/x/test/_user_request_/", "/_aws/cloudwatch"],
        "PUT": [f"/_scaleproof/container/{connection.account}", f"/held-{connection.account}"],
        "DELETE": [f"/_scaleproof/instances/{connection.account}", f"/held-{connection.account}"],
        "OPTIONS": ["/", f"/held-{connection.account}/key"],
    }
    tricks = (
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
        {"Host": "rebound.example.com", "Sec_Fetch_Site": "same-origin"},
        {"Content_Type": "text/plain", "Origin": "https://app.localstack.cloud"},
        {"Host": "localhost.localstack.cloud"},
    )
    for method, targets in paths.items():
        for path in targets:
            for headers in tricks:
                status, body = send(connection, method, path, "{}" if method == "POST" else "", **headers)
                assert (status, list(json.loads(body))) == (403, ["message"]), (method, path, headers)
    # A socket of the page's would be a way past all else.
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    key = {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    status, _ = send(connection, "GET", "/_scaleproof", Sec_Fetch_Site="cross-site", **upgrade, **key)
    assert status == 403


ELSEWHERE = """
import asyncio, os, socket, subprocess
from scaleproof.emulator import guard

guard.stay_on_this_machine()
tries = {
    "an address": lambda: socket.create_connection(("192.0.2.1", 80), 1),
    "one that ends as the loopback's": lambda: socket.create_connection(("2001:db8::1", 80), 1),
    "one that is written so": lambda: socket.create_connection(("2001:db8::127.0.0.1", 80), 1),
    "a name": lambda: socket.create_connection(("example.com", 80), 1),
    "a name below localhost": lambda: socket.gethostbyname("s3.localhost"),
    "the name of an address": lambda: socket.gethostbyaddr("192.0.2.1"),
    "the same for a socket": lambda: socket.getnameinfo(("192.0.2.1", 80), 0),
    "a datagram": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 53)),
    "a loop of events": lambda: asyncio.run(asyncio.open_connection("192.0.2.1", 80)),
}
for name, connect in tries.items():
    try:
        connect()
    except OSError as error:
        assert "is not this machine" in str(error), (name, error)
    else:
        raise AssertionError(name)
programs = (
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: os.posix_spawn("/bin/true", ["true"], {}),
    lambda: os.execv("/bin/true", ["true"]),
    lambda: os.spawnv(os.P_WAIT, "/bin/true", ["true"]),
)
for number, start in enumerate(programs):
    try:
        code = start()
    except PermissionError:
        continue
    assert code == 127, number  # of spawnv, whose child is refused
with socket.create_server(("127.0.0.1", 0)) as here:
    port = here.getsockname()[1]
    for host in ("127.0.0.1", "localhost"):
        socket.create_connection((host, port)).close()
one, other = socket.socketpair()
one.send(b"local")
"""


def test_localstack_reaches_no_other_machine():
    """Whichever library asks for it. In a process of its own, as no process takes it back."""
    subprocess.run([sys.executable, "-c", ELSEWHERE], check=True)


def test_the_same_without_a_page_is_served(connection):
    assert send(connection, "GET", "/_localstack/health")[0] == 200
    assert send(connection, "GET", f"/_scaleproof/faults/{connection.account}") == (200, "[]")


@pytest.mark.parametrize("kind", [":authority", "origin", "sec-fetch-site"])
def test_a_page_opens_no_stream(connection, account, endpoint, kind):
    raw = Raw(control.streams(connection), account)
    number, _ = raw.open(endpoint, {kind: "rebound.example.com"})
    raw.until(lambda: number in raw.ended)
    assert raw.status[number] == "403"
