"""Asks a LocalStack which services it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR, socket
from threading import Event, Timer
from urllib.parse import urlsplit

from scaleproof.errors import FailedError
from scaleproof.texts import json_value

NEEDED = ("application-autoscaling", "cloudcontrol", "sagemaker", "sagemaker-runtime")
"""The services that the module needs and that LocalStack's free edition lacks."""


HEADERS = {"Content-Type": "application/json"}
"""Of a request. No web page sends that by itself: see `scaleproof.emulator.guard`."""


def fetch(
    url: str, *, seconds: float, most: int = 2**20, method: str = "GET", body: bytes | None = None
) -> tuple[int, bytes]:
    """The status and the body of what a LocalStack answers by itself, without AWS's clients.

    A redirect is not followed, because it could lead to an address that was not checked. The user's proxy is not
    used, because it is for the network, not for this machine. Raises `OSError` if nothing answers in time
    (`ConnectionError`, `TimeoutError`), and `ValueError` for no HTTP and for more than `most` bytes.
    """
    place = urlsplit(url)
    kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
    connection = kind(place.hostname or "", place.port or kind.default_port, timeout=seconds)
    try:
        with closing(connection):
            connection.connect()
            with _deadline(connection.sock, seconds):
                connection.request(method, place.path, body, HEADERS)
                with connection.getresponse() as response:
                    status, content = response.status, response.read(most + 1)
    except ConnectionError:  # one of them is an HTTPException too
        raise
    except HTTPException as error:
        raise ValueError(f"its answer is no HTTP: {type(error).__name__}") from error
    if len(content) > most:
        raise ValueError(f"its answer has more than {most / 2**20:g} MB")
    return status, content


@contextmanager
def _deadline(waited_for: socket, seconds: float) -> Iterator[None]:
    """Raises `TimeoutError` where the context takes longer: a socket's own timeout begins anew with each byte."""
    late = Event()

    def hang_up() -> None:
        late.set()
        with suppress(OSError):
            waited_for.shutdown(SHUT_RDWR)

    timer = Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, HTTPException):
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError(f"its answer takes longer than {seconds:g} s")


@dataclass(frozen=True)
class Health:
    """The answer of /_localstack/health: the release, and the needed services that are missing."""

    version: str
    missing: list[str]


def ask(endpoint_url: str, timeout: float = 5.0) -> Health:
    """The health of the LocalStack at `endpoint_url`; `timeout` in seconds.

    Raises `OSError` if nothing answers in time, and `ValueError` if another server answers.
    """
    status, content = fetch(f"{endpoint_url}/_localstack/health", seconds=timeout)
    if status != 200:
        raise ValueError(f"HTTP {status} for its health")
    try:
        answer = json_value(content)
    except (ValueError, RecursionError) as error:
        raise ValueError("its health is no JSON") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("services"), dict):
        raise ValueError("its health names no services")
    off = ("disabled", "error")
    missing = [name for name in NEEDED if answer["services"].get(name, off[0]) in off]
    return Health(str(answer.get("version", "unknown")), missing)


def answers(endpoint_url: str) -> bool:
    """Whether a LocalStack runs; one that ended has taken everything with it."""
    try:
        ask(endpoint_url)
    except (OSError, ValueError):
        return False
    return True


def require(endpoint_url: str, advice: str) -> Health:
    """The health of a LocalStack that is to be used; `advice`: what to do if it cannot be.

    Raises `ScaleproofError` if nothing answers, if another server answers, or if a needed service is missing.
    """
    try:
        health = ask(endpoint_url)
    except OSError as error:
        raise FailedError(f"No LocalStack answers at {endpoint_url} ({error}).", advice=advice) from error
    except ValueError as error:
        raise FailedError(f"The server at {endpoint_url} is not a LocalStack ({error}).", advice=advice) from error
    if health.missing:
        raise FailedError(
            f"The LocalStack {health.version} at {endpoint_url} does not serve {', '.join(health.missing)}.",
            advice=advice,
        )
    return health
