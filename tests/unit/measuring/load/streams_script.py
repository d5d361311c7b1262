"""Holds levels of streams in a Python with AWS's client, and prints each as JSON: see test_generator.py."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

# At the end, so that packages of this Python come first.
sys.path.append(str(Path(__file__).resolve().parents[4]))
from scaleproof.measuring.load.generator import Generator
from scaleproof.measuring.load.job import Body, CallKind, Calls, Credentials, Service

if __name__ == "__main__":
    request = json.load(sys.stdin)
    bodies = tuple(Body(bytes(size), rate=rate) for size, rate in request["bodies"])
    calls = Calls(CallKind.STREAMS, "speech", bodies, last_part='{"type": "CloseStream"}')
    credentials = Credentials(*request["credentials"])
    with Generator(calls, Service(**request["service"]), lambda: credentials, 2) as load:
        print(json.dumps([asdict(load.hold(*level)) for level in request["levels"]]))
