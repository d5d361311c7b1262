"""Runs a program without a network, and writes down which addresses it tried to reach.

    unshare --map-root-user --net python cage.py REPORT PROGRAM ARGUMENT...

The network namespace has only the loopback interface, and routes every address to it. So each attempt sends a
packet, and this program sees all packets. REPORT gets a line for each address and port beyond the loopback,
and for each question to a name server. On Linux any user can run it, unless user namespaces are forbidden.
Nothing outside the namespace changes.
"""

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


def destination(frame):
    """The destination of a frame, "ADDRESS port PORT", with the name in a DNS question. None if local."""
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
        return None  # IPv6 sends multicasts by itself
    return f"{address} port {port}{_question(rest[8:]) if (protocol, port) == (_UDP, _NAMES) else ''}"


def _question(message):
    """The name in a DNS question: after twelve bytes come its labels, each after its length."""
    labels, rest = [], message[12:]
    while rest and 0 < rest[0] < len(rest):
        labels.append(rest[1 : rest[0] + 1].decode(errors="replace"))
        rest = rest[rest[0] + 1 :]
    return f" for {'.'.join(labels)}"


def main():
    """Runs the program, writes the report, and exits with the program's code."""
    report, *program = sys.argv[1:]
    for line in _SET_UP:
        subprocess.run(["ip", *line.split()], check=True)
    seen = {}
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY_PROTOCOL))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)

    def look():
        while True:
            if address := destination(tap.recv(512)):
                seen[address] = None

    threading.Thread(target=look, daemon=True).start()
    code = subprocess.run(program, check=False).returncode
    Path(report).write_text("".join(f"{address}\n" for address in seen))
    sys.exit(code)


if __name__ == "__main__":
    main()
