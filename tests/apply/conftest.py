"""Stages for a whole module, so that an apply serves many tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from scaleproof.cloud.localstack import LocalStack
from scaleproof.providers.session import StandIns
from tests.apply.parts import PARTS, SMALLEST_PARTS, parts
from tests.apply.stage import Stage
from tests.plan.planner import REPOSITORY, SMALLEST, configuration

OpenStage = Callable[..., Stage]


@pytest.fixture(scope="module")
def open_stage(
    cloud: LocalStack,
    standins: StandIns | None,
    new_account: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OpenStage]:
    """Opens a root of the project in an account of its own: open_stage(path, **variables).

    `path` is a directory of the repository: an example, which is taken as it is, or a module, for which a
    root is written; or PARTS. Variables come on top of the least that it plans with. What still stands at the
    end is destroyed where the LocalStack goes on without this run.
    """

    def opened(path: str, **variables: Any) -> Stage:
        directory = REPOSITORY / path
        if not path.startswith("examples/"):
            directory = tmp_path_factory.mktemp("root")
            root = parts(directory) if path == PARTS else configuration(path, directory)
            (directory / "main.tf.json").write_text(json.dumps(root))
            variables = (SMALLEST_PARTS if path == PARTS else SMALLEST[path]) | variables
        stage = Stage(
            directory,
            standins=standins,
            connection=cloud.connection(new_account()),
            lasting=cloud.external,
            **variables,
        )
        stack.callback(stage.close)
        return stage

    with ExitStack() as stack:
        yield opened
