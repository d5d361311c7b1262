"""Injects faults into one account of a LocalStack that runs with the plugin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scaleproof.cloud import control
from scaleproof.cloud.connection import Connection


@contextmanager
def injected(connection: Connection, *rules: dict[str, Any]) -> Iterator[None]:
    """Injects rules into the account of a connection for as long as the context lasts.

    A rule is like {"fault": "throttling", "service": "sagemaker", "operation": "CreateModel", "times": 2};
    `scaleproof.cloud.plugin.injection` has all of them. Raises `ScaleproofError` as `inject` does.
    """
    inject(connection, *rules)
    try:
        yield
    finally:
        inject(connection)


def inject(connection: Connection, *rules: dict[str, Any]) -> None:
    """Puts rules in place of those that hold in the account of a connection; without rules ends them all.

    Raises `ScaleproofError` for a rule that is none, and for a LocalStack that runs without the plugin.
    """
    control.ask(connection, "PUT", "faults", list(rules))


def holding(connection: Connection) -> list[dict[str, Any]]:
    """The rules that hold in the account of a connection; `times` is what is left of them."""
    rules: list[dict[str, Any]] = control.ask(connection, "GET", "faults")
    return rules
