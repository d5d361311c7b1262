"""Stages for a whole module, so that an apply serves many tests."""

import json
from contextlib import ExitStack

import pytest

from tests.apply.parts import PARTS, POLICIES, SMALLEST_PARTS, parts
from tests.apply.stage import Stage
from tests.plan.planner import REPOSITORY, SMALLEST, configuration, instances

DEFAULT_TAGS = {"Team": "speech"}
"""default_tags of the aws provider, in every root that is written here."""


@pytest.fixture(params=POLICIES)
def endpoint(request):
    """The name of each of the endpoints of PARTS."""
    return str(request.param)


@pytest.fixture(scope="module")
def open_stage(cloud, standins, new_account, tmp_path_factory):
    """Opens a root of the project in an account of its own: open_stage(path, **variables).

    `path` is an example, of the repository or of another place, which is taken as it is; a module of the
    repository, for which a root is written; or PARTS. Variables come on top of the least that it plans with,
    unless the only one is `cases`: then the root has an instance of the module for each, with inputs as they
    are given. What still stands at the end is destroyed where the LocalStack goes on without this run.
    """

    def opened(path, **variables):
        directory = REPOSITORY / path
        if directory.parent.name != "examples":
            directory = tmp_path_factory.mktemp("root")
            if path == PARTS:
                root, least = parts(directory), SMALLEST_PARTS
            elif variables.keys() == {"cases"}:
                root, least = instances(path, directory), {}
            else:
                root, least = configuration(path, directory), SMALLEST[path]
            root["provider"]["aws"]["default_tags"] = {"tags": DEFAULT_TAGS}
            (directory / "main.tf.json").write_text(json.dumps(root))
            variables = least | variables
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
