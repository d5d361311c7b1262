"""Where a cloud is and as which account one speaks to it."""

from __future__ import annotations

import ipaddress
import os
import re
import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from localstack_client.session import Session

from scaleproof.errors import ScaleproofError
from scaleproof.service_models import partitions, session

SECRET_KEY = "test"
"""LocalStack checks no signatures; any secret will do."""

# A boto3 session must not make clients in two threads at once.
_CREATING = threading.Lock()


class _Session(Session):  # type: ignore[misc]
    """localstack-client's session, bound to one endpoint.

    Its own table of endpoints follows AWS_ENDPOINT_URL even where another endpoint is asked for, and knows
    only the services of its release.
    """

    def __init__(self, connection: Connection, service: str) -> None:
        super().__init__(
            aws_access_key_id=connection.account,
            aws_secret_access_key=SECRET_KEY,
            region_name=connection.region,
        )
        self._service_endpoint_mapping = {service: connection.endpoint_url}

    def client(self, service_name: str, **options: Any) -> Any:
        """As localstack-client's own, but for the session: that takes nothing from the user's settings."""
        own = self.common_protected_kwargs | {"endpoint_url": self._service_endpoint_mapping[service_name]}
        made: Any = _boto3()
        return made.client(service_name, **{**options, **own})


@cache
def _boto3() -> boto3.Session:
    # One for all: each of them would add its own methods to the clients of the session below it.
    return boto3.Session(botocore_session=session())


@dataclass(frozen=True)
class Connection:
    """One AWS account of one LocalStack.

    `account` has twelve digits and is the access key id as well: LocalStack keeps its state by account, so
    an account of its own isolates a test. Raises `ScaleproofError` for a malformed account or URL, for an
    endpoint of AWS itself, and for one on another machine that neither AWS_ENDPOINT_URL nor LOCALSTACK_HOST
    names.
    """

    endpoint_url: str
    account: str
    region: str = "us-east-1"
    # Making one takes as long as some calls with it. By region as well: `replace` hands the table on.
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuses what could reach a real account."""
        if not re.fullmatch(r"\d{12}", self.account):
            raise ScaleproofError(
                f"The account {self.account!r} is not an AWS account id.", advice="Give twelve digits."
            )
        check_endpoint(self.endpoint_url)

    def client(self, service: str) -> Any:
        """The boto3 client of `service` ("sagemaker", "s3", ...), the same one every time.

        S3 uses path-style addresses.
        """
        with _CREATING:
            key = (service, self.region)
            if key not in self._clients:
                self._clients[key] = self._made(service)
            return self._clients[key]

    def _made(self, service: str) -> Any:
        return _Session(self, service).client(
            service,
            config=Config(
                proxies={},  # one that is meant for the outside world has no business here
                s3={"addressing_style": "path"},
                retries={"mode": "standard", "max_attempts": 3},
                read_timeout=120,
            ),
        )

    def environment(self) -> dict[str, str]:
        """The variables that point any AWS tool, and the registry's providers, at this account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }


def named_endpoint() -> str | None:
    """The LocalStack that the user names; AWS_ENDPOINT_URL wins over LOCALSTACK_HOST as in localstack-client.

    None where neither is set. Raises `ScaleproofError` when the value is no URL or no host and port.
    """
    if url := os.environ.get("AWS_ENDPOINT_URL", "").strip():
        _split(url, "AWS_ENDPOINT_URL")
        return url.rstrip("/")
    if host := os.environ.get("LOCALSTACK_HOST", "").strip():
        scheme = "https" if os.environ.get("USE_SSL", "") in ("1", "true") else "http"
        parts = _split(f"{scheme}://{host}", "LOCALSTACK_HOST")
        return f"{scheme}://{parts[0]}:{parts[1] or 4566}"
    return None


def check_endpoint(url: str) -> None:
    """Raises `ScaleproofError` unless `url` is a loopback address or the LocalStack that the user named.

    AWS itself is refused even when it is named: what is run here creates and destroys whatever it is given.
    """
    host, _ = _split(url, "The endpoint")
    if _is_aws(host):
        raise ScaleproofError(
            f"The endpoint {url} belongs to AWS; scaleproof only speaks to LocalStack.",
            advice="Unset AWS_ENDPOINT_URL, or set it to a LocalStack.",
        )
    if not _is_loopback(host) and url.rstrip("/") != named_endpoint():
        raise ScaleproofError(
            f"The endpoint {url} is not on this machine.",
            advice="Name it in AWS_ENDPOINT_URL or LOCALSTACK_HOST if it is the LocalStack to use.",
        )


def _is_aws(host: str) -> bool:
    """Whether a host is in a domain of one of AWS's partitions, or in its own top-level domain."""
    outputs = [partition["outputs"] for partition in partitions()]
    suffixes = {"aws", *(one[kind] for one in outputs for kind in ("dnsSuffix", "dualStackDnsSuffix"))}
    return any(f".{host}".endswith(f".{suffix}") for suffix in suffixes)


def _split(url: str, origin: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        # With a dot at its end a name is the same one.
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in ("http", "https"):
        raise ScaleproofError(
            f"{origin} does not say where a LocalStack is: {url!r}.",
            advice="AWS_ENDPOINT_URL is like http://127.0.0.1:4566, LOCALSTACK_HOST like 127.0.0.1:4566.",
        )
    return host, port


def _is_loopback(host: str) -> bool:
    # localhost.localstack.cloud is LocalStack's public name for 127.0.0.1.
    if f".{host}".endswith((".localhost", ".localhost.localstack.cloud")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
