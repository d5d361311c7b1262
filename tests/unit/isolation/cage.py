"""Runs a program in a world that is only this machine, and writes down whom it tried to reach.

    unshare --map-root-user --net python cage.py REPORT PROGRAM ARGUMENT...

In a network namespace of its own whose one interface is the loopback, to which every address leads. So any
attempt to reach any address sends a packet, and all packets are seen here. REPORT gets a line for each
address and port beyond the loopback, and for each question to a name server. Linux lets any user do this
where user namespaces are not forbidden; nothing outside the namespace changes.
"""

from __future__ import annotations

import ipaddress
import socket
import subprocess
import sys
import threading
from pathlib import Path

_EVERY_PROTOCOL = 0x0003
_SET_UP = (
    "link set lo up",
    "route add local default dev lo",
    "-6 route add local default dev lo",
)
_TCP, _UDP, _NAMES = 6, 17, 53


def destination(frame: bytes) -> str | None:
    """Where a frame goes, as "ADDRESS port PORT", with the name it asks for; None where that is here."""
    kind, packet = frame[12:14], frame[14:]
    if kind == b"\x08\x00":
        address, protocol, rest = (
            ipaddress.ip_address(packet[16:20]),
            packet[9],
            packet[4 * (packet[0] & 15) :],
        )
    elif kind == b"\x86\xdd":
        address, protocol, rest = ipaddress.ip_address(packet[24:40]), packet[6], packet[40:]
    else:
        return None
    port = int.from_bytes(rest[2:4], "big") if protocol in (_TCP, _UDP) else 0
    if (address.is_loopback and port != _NAMES) or address.is_multicast:
        return None  # IPv6 greets its neighbours in multicasts of its own
    return f"{address} port {port}{_question(rest[8:]) if (protocol, port) == (_UDP, _NAMES) else ''}"


def _question(message: bytes) -> str:
    """The name in a question to a name server: after twelve bytes its labels, each after its length."""
    labels, rest = [], message[12:]
    while rest and 0 < rest[0] < len(rest):
        labels.append(rest[1 : rest[0] + 1].decode(errors="replace"))
        rest = rest[rest[0] + 1 :]
    return f" for {'.'.join(labels)}"


def main() -> None:
    """Ends with the program's exit code."""
    report, *program = sys.argv[1:]
    for line in _SET_UP:
        subprocess.run(["ip", *line.split()], check=True)
    seen: dict[str, None] = {}
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY_PROTOCOL))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)

    def look() -> None:
        while True:
            if found := destination(tap.recv(512)):
                seen[found] = None

    threading.Thread(target=look, daemon=True).start()
    code = subprocess.run(program, check=False).returncode
    Path(report).write_text("".join(f"{one}\n" for one in seen))
    sys.exit(code)


if __name__ == "__main__":
    main()
