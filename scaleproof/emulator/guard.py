"""Keeps LocalStack to this machine.

It refuses requests from web pages, as a browser on this machine reaches the emulator's ports too, and LocalStack's
own connections to other machines.
"""

from __future__ import annotations

import errno
import ipaddress
import re
import sys
from collections.abc import Callable
from typing import Any

_PUBLIC = ".localhost.localstack.cloud"
"""LocalStack's public name for 127.0.0.1, which any DNS server gives, with names below it such as those of buckets."""
_LOOPBACK = (".localhost", _PUBLIC)
"""Ends of names that mean this machine."""
_NAME = re.compile(r"[\w.-]+", re.ASCII)
_HOST = re.compile(r"(\[[^]]*\]|[^:]*)(?::\d*)?")
"""A name or an address, and maybe a port (RFC 9110, 7.2)."""
REFUSED = 403
_TO_ADDRESS = ("socket.connect", "socket.sendto", "socket.sendmsg")
"""Events of a socket and the address that it connects or sends to."""
_OF_NAME = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
"""Events of a look for the address of a name or the name of an address, which asks a name server."""
_OF_PROGRAM = ("subprocess.Popen", "os.posix_spawn", "os.exec", "os.spawn", "os.system")
"""Events of the start of a program, which no hook of this process binds."""


def is_loopback(host: str) -> bool:
    """Whether a host, a name or an address without a port, is this machine."""
    host = host.rstrip(".").lower()  # a dot at the end of a name does not change it
    if _NAME.fullmatch(host) and f".{host}".endswith(_LOOPBACK):
        return True
    return _is_address(host.removeprefix("[").removesuffix("]"))


def _is_address(host: str) -> bool:
    """Whether it is an address of this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def stay_on_this_machine() -> None:
    """From now on this process connects to no other machine, sends it nothing, asks no name server, and starts no
    program, such as `npm` or `pip`, that could.

    Python's own sockets raise OSError for each try, whichever library makes it, and as long as the process lasts. A
    name that is given to a socket itself is looked up before that; no library of LocalStack's does so.
    Source: https://docs.python.org/3/library/audit_events.html
    """
    sys.addaudithook(_refuse_others)


def _refuse_others(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _OF_PROGRAM:
        raise PermissionError(errno.EPERM, f"LocalStack starts no program here: {arguments[0]!r:.200}")
    if event in _OF_NAME:
        host = arguments[0][0] if isinstance(arguments[0], tuple) else arguments[0]
    elif event in _TO_ADDRESS and isinstance(arguments[1], tuple):  # other families have other addresses
        host = arguments[1][0]
    else:
        return
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    # Other names of this machine, such as s3.localhost, are looked up too.
    if name and name != "localhost" and not _is_address(name):
        raise OSError(errno.ENETUNREACH, f"{name} is not this machine")


def refusal(header: Callable[[str], str | None]) -> str | None:
    """Why a request is not served, as a sentence, or None. `header` gives a header by its name in small
    letters.

    A page cannot leave out or change these headers, and no client of AWS sends the last three. A name of the
    page's own site that was bound to 127.0.0.1 makes a request look like one to that site: only its Host
    tells. Sources: https://www.w3.org/TR/fetch-metadata and https://fetch.spec.whatwg.org, forbidden
    request-headers.

    Some requests of pages have none of the last three: those for an address that a browser holds for
    untrustworthy, as it does LocalStack's public name for 127.0.0.1, and those of a browser of before 2023.
    Every browser names itself Mozilla. A page that wants to send a signature or JSON has its browser ask first,
    with an Origin. A signature in a query says nothing: LocalStack verifies none.
    """
    host = header("host") or ""
    name = _HOST.fullmatch(host)
    if name is None or not is_loopback(name[1]):
        return f"The host {host!r} is not this machine."
    if (site := header("sec-fetch-site")) not in (None, "none", "same-origin"):
        return f"A page of another site sends this (Sec-Fetch-Site: {site})."
    signed = (header("authorization") or "").startswith("AWS4-")
    public = f".{name[1].rstrip('.').lower()}".endswith(_PUBLIC)
    if public and not signed and header("content-type") != "application/json":
        return f"A web page may send this, as it is not signed. Use localhost in place of {name[1]}."
    if site is None and (header("user-agent") or "").startswith("Mozilla/"):
        return "A browser sends this, and does not say for which site."
    for source in ("origin", "referer"):
        if header(source):
            return f"A web page sends this ({source.capitalize()}): no page may."
    return None
