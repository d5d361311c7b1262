"""Connects to one account of a LocalStack, and refuses addresses of AWS and of other machines."""

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
from botocore.exceptions import EndpointProviderError
from localstack_client.session import Session

from scaleproof.errors import ScaleproofError
from scaleproof.service_models import partitions, session

SECRET_KEY = "test"
"""LocalStack checks no signatures, so any secret works."""


# A boto3 session must not make clients in two threads at a time.
_CREATING = threading.Lock()


class _Session(Session):  # type: ignore[misc]
    """localstack-client's session, bound to one endpoint.

    The original has a table of endpoints that follows AWS_ENDPOINT_URL and knows only the services of its
    release.
    """

    def __init__(self, connection: Connection, service: str) -> None:
        super().__init__(
            aws_access_key_id=connection.account,
            aws_secret_access_key=SECRET_KEY,
            region_name=connection.region,
        )
        self._service_endpoint_mapping = {service: connection.endpoint_url}

    def client(self, service_name: str, **options: Any) -> Any:
        """Makes a client as localstack-client does, but from a session that ignores the user's settings."""
        own = self.common_protected_kwargs | {"endpoint_url": self._service_endpoint_mapping[service_name]}
        boto3_session: Any = _boto3()
        return boto3_session.client(service_name, **{**options, **own})


@cache
def _boto3() -> boto3.Session:
    # Shared: each boto3 session adds its methods to the clients of the botocore session again.
    return boto3.Session(botocore_session=session())


@dataclass(frozen=True)
class Connection:
    """One AWS account of one LocalStack.

    `account` has twelve digits and is also the access key id. LocalStack keeps its state by account, so a
    test with its own account is isolated. Raises `ScaleproofError` for a malformed account or URL, for an
    endpoint of AWS, for one on another machine that neither AWS_ENDPOINT_URL nor LOCALSTACK_HOST names, and for a
    region that LocalStack does not have.
    """

    endpoint_url: str
    account: str
    region: str = "us-east-1"
    # Making a client takes as long as some calls. The key has the region, as `replace` copies the table.
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuses whatever could reach a real account."""
        if not re.fullmatch(r"[0-9]{12}", self.account):
            raise ScaleproofError(
                f"The account {self.account!r} is not an AWS account id.", advice="Use twelve digits."
            )
        check_endpoint(self.endpoint_url)
        check_region(self.region)

    def client(self, service: str) -> Any:
        """The boto3 client of `service` ("sagemaker", "s3", ...), made once. S3 uses path-style addresses."""
        with _CREATING:
            key = (service, self.region)
            if key not in self._clients:
                config = Config(
                    proxies={},  # the user's proxy is for the network, not for this machine
                    s3={"addressing_style": "path"},
                    retries={"mode": "standard", "max_attempts": 3},
                    read_timeout=120,
                )
                client = _Session(self, service).client(service, config=config)
                client.meta.events.register("before-send", self._check_host)
                self._clients[key] = client
            return self._clients[key]

    def _check_host(self, request: Any, **_: Any) -> None:
        """Refuses other hosts: a bucket's name may be the ARN of an access point, which botocore asks at a
        host of its own, for one of several regions AWS's.
        """
        requested, own = urlsplit(request.url), urlsplit(self.endpoint_url)
        if (requested.hostname, requested.port) != (own.hostname, own.port):
            raise EndpointProviderError(msg=f"{requested.hostname} is not the LocalStack at {self.endpoint_url}")

    def environment(self) -> dict[str, str]:
        """The variables that direct AWS tools and the registry's providers to this account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }


def named_endpoint() -> str | None:
    """The LocalStack that the user names, or None.

    AWS_ENDPOINT_URL wins over LOCALSTACK_HOST, as in localstack-client. Raises `ScaleproofError` for a
    malformed value.
    """
    if url := os.environ.get("AWS_ENDPOINT_URL", "").strip():
        _split(url, "AWS_ENDPOINT_URL")
        return url.rstrip("/")
    if host := os.environ.get("LOCALSTACK_HOST", "").strip():
        scheme = "https" if os.environ.get("USE_SSL", "") in ("1", "true") else "http"
        _, port = _split(f"{scheme}://{host}", "LOCALSTACK_HOST")
        return f"{scheme}://{host if port else host.rstrip(':') + ':4566'}"
    return None


def check_region(region: str, *, of_aws: bool = False) -> None:
    """Raises `ScaleproofError` where AWS has no such region or LocalStack, which would answer for us-east-1.

    AWS itself (`of_aws`) may have one that is newer than botocore's list.
    """
    if not any(re.fullmatch(partition["regionRegex"], region) for partition in partitions()):
        raise ScaleproofError(f"AWS has no region {region!r}.", advice="Use a region such as us-east-1.")
    if not of_aws and region not in _regions_of_localstack():
        raise ScaleproofError(
            f"LocalStack has no region {region!r}: it has those of the partition aws.",
            advice="Use another region; a plan without a cloud takes any.",
        )


@cache
def _regions_of_localstack() -> frozenset[str]:
    # Source: DefaultRegionRewriterStrategy in localstack/aws/handlers/region.py.
    return frozenset(session().get_available_regions("s3", "aws"))


def check_endpoint(url: str) -> None:
    """Raises `ScaleproofError` unless `url` is a loopback address or the LocalStack that the user names.

    AWS is refused even if the user names it, because commands create and destroy resources there.
    """
    host, _ = _split(url, "The endpoint")
    if belongs_to_aws(url):
        raise ScaleproofError(
            f"The endpoint {url} belongs to AWS. scaleproof only calls LocalStack.",
            advice="Unset AWS_ENDPOINT_URL, or set it to a LocalStack.",
        )
    if not _is_here(host) and url.rstrip("/") != named_endpoint():
        raise ScaleproofError(
            f"The endpoint {url} is not on this machine.",
            advice="Name it in AWS_ENDPOINT_URL or LOCALSTACK_HOST if it is the LocalStack to use.",
        )


def belongs_to_aws(url: str) -> bool:
    """Whether the host of a URL is in a domain of an AWS partition, or in the top-level domain aws."""
    host, _ = _split(url, "The endpoint")
    outputs = [partition["outputs"] for partition in partitions()]
    suffixes = {"aws", *(output[kind] for output in outputs for kind in ("dnsSuffix", "dualStackDnsSuffix"))}
    return any(f".{host}".endswith(f".{suffix}") for suffix in suffixes)


def _split(url: str, origin: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.path in ("", "/")
        host, port = parts.hostname if known else None, parts.port
    except ValueError:
        host = port = None
    if not host:
        raise ScaleproofError(
            f"{origin} is not the address of a LocalStack: {url!r}.",
            advice="Write AWS_ENDPOINT_URL as http://127.0.0.1:4566, LOCALSTACK_HOST as 127.0.0.1:4566.",
        )
    return host.rstrip("."), port  # a dot at the end of a name does not change it


def _is_here(host: str) -> bool:
    """Whether a host is this machine; LocalStack's public name, and names below it, mean 127.0.0.1."""
    if f".{host}".endswith((".localhost", ".localhost.localstack.cloud")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
