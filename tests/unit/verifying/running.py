"""A verification that runs as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scaleproof.endpoints.live import endpoint_names
from scaleproof.localstack.connection import Connection

PATIENCE = 120.0


class Verification:
    """A command that runs, in an account of its own."""

    def __init__(self, connection: Connection, directory: Path, *words: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.connection, self.cache = connection, directory / "cache of mine"
        self._command = [
            sys.executable,
            "-m",
            "scaleproof",
            "verify",
            "--account",
            connection.account,
            "--yes",
        ]
        self._directory, self._words = directory, words
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        """Starts it again."""
        self.process = subprocess.Popen(
            [*self._command, "--json", *self._words],
            cwd=self._directory,
            env=os.environ
            | {"AWS_ENDPOINT_URL": self.connection.endpoint_url, "SCALEPROOF_CACHE": str(self.cache)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self.process

    def ended(self) -> tuple[int, dict[str, Any], str]:
        """Its exit code, what it printed, and what it said."""
        out, err = self.process.communicate(timeout=400)
        return self.process.returncode, json.loads(out or "{}"), err

    def until(self, what: Callable[[], Any]) -> None:
        """Waits for something while it runs."""
        end = time.monotonic() + PATIENCE
        while not what():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < end
            time.sleep(0.1)

    def probes(self) -> list[Any]:
        """The alarms that it has put."""
        found = self.connection.client("cloudwatch").describe_alarms(AlarmNamePrefix="scaleproof-verify-")
        return list(found["MetricAlarms"])

    def left(self) -> list[Any]:
        """What is there of it, in its account and in its cache."""
        sagemaker = self.connection.client("sagemaker")
        return [
            *endpoint_names(self.connection.client),
            *sagemaker.list_endpoint_configs()["EndpointConfigs"],
            *sagemaker.list_models()["Models"],
            *self.probes(),
            *self.connection.client("iam").list_roles()["Roles"],
            *(self.cache / "verify").glob("*"),
        ]
