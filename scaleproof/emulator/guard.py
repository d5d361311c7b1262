"""Refuses requests from web pages: a browser on this machine reaches the emulator's ports too."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

_LOOPBACK = (".localhost", ".localhost.localstack.cloud")
"""Ends of names that mean this machine; the second is LocalStack's public name for 127.0.0.1."""
_NAME = re.compile(r"[\w.-]+", re.ASCII)
_HOST = re.compile(r"(\[[^]]*\]|[^:]*)(?::\d*)?")
"""A name or an address, and maybe a port (RFC 9110, 7.2)."""
REFUSED = 403


def is_loopback(host: str) -> bool:
    """Whether a host, a name or an address without a port, is this machine."""
    host = host.rstrip(".").lower()  # a dot at the end of a name does not change it
    if _NAME.fullmatch(host) and f".{host}".endswith(_LOOPBACK):
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def refusal(header: Callable[[str], str | None]) -> str | None:
    """Why a request is not served, as a sentence, or None. `header` gives a header by its name in small
    letters.

    A page cannot leave out or change these headers, and no client of AWS sends the last three. A name of the
    page's own site that was bound to 127.0.0.1 makes a request look like one to that site: only its Host
    tells. Sources: https://www.w3.org/TR/fetch-metadata and https://fetch.spec.whatwg.org, forbidden
    request-headers.
    """
    host = header("host") or ""
    name = _HOST.fullmatch(host)
    if name is None or not is_loopback(name[1]):
        return f"The host {host!r} is not this machine."
    if (site := header("sec-fetch-site")) not in (None, "none", "same-origin"):
        return f"A page of another site sends this (Sec-Fetch-Site: {site})."
    for source in ("origin", "referer"):
        if header(source):
            return f"A web page sends this ({source.capitalize()}): no page may."
    return None
