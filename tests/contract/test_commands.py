"""The commands that study traffic, called with whatever options: a result, a usage error or a clear error."""

import json
from contextlib import suppress

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaleproof.cli.app import group
from scaleproof.errors import ScaleproofError
from tests.plan.planner import REALTIME

TRAFFIC = [
    "constant:level=3,days=0.005",
    "step:top=30,days=0.01",
    "spike:top=9,days=0.01,seconds=1",
    "batches:files=9,days=0.01",
]
OPTIONS = {
    "--traffic": [
        *TRAFFIC,
        "speech=constant:level=2,days=0.005",
        "nothing.csv",
        "constant:level=0,days=0.01",
    ],
    "--seed": ["0", "7", "-1", "1.5"],
    "--start": ["2026-03-02T08:00+01:00", "2026-03-29T02:30", "0001-01-01", "9999-12-31T23:59", "now"],
    "--assume": ["provisioning=300", "provisioning=-1", "release=idlest", "release=x", "provisioning=nan"],
    "--shortage": ["ml.g6.2xlarge=0-1", "ml.g6.2xlarge=1-0", "ml.m5.large=0-1", "ml.g6.2xlarge=0-1e400"],
    "--price": ["ml.g6.2xlarge=1.2", "none.csv", "ml.g6.2xlarge=-1", "ml.x=1", "ml.g6.2xlarge=inf"],
    "--endpoint": ["speech", "other"],
    "--max-concurrency": ["ml.g6.2xlarge=12", "ml.g6.2xlarge=0", "ml.x=1", "ml.g6.2xlarge=1e9"],
    "--workers": ["1", "0", "x"],
    "--var": ["name=x"],
    "--max-cut-streams": ["0", "2.5", "-1", "nan"],
    "--live": ["moon", "localstack:moon"],
    "--account": ["1", "123456789012"],
}
MORE = {
    "simulate": {"--require": ["holds", "x"]},
    "compare": {
        "--change": ["target=0.6", "max=1", "min=9,max=2", "max=0", "target=0", "initial_instance_count=3", "colour=1"],
        "--rival": ["no-scaling", "constant-fleet", "clairvoyant", "none", "x"],
    },
}


@pytest.fixture(scope="module")
def plan_file(planner, tmp_path_factory):
    """A plan of one endpoint, `speech`, as `terraform show -json` prints it."""
    file = tmp_path_factory.mktemp("plan") / "plan.json"
    file.write_text(json.dumps(planner(REALTIME).raw))
    return file


@st.composite
def calls(draw, command):
    """Options for a command, one of the traffics always among them."""
    known = OPTIONS | MORE[command]
    words = ["--traffic", draw(st.sampled_from(TRAFFIC))]
    for option in draw(st.lists(st.sampled_from(sorted(known)), max_size=3)):
        words += [option, draw(st.sampled_from(known[option]))]
    return words


@pytest.mark.parametrize("command", ["simulate", "compare"])
@given(data=st.data())
@settings(max_examples=settings.default.max_examples // 3)  # each simulates
def test_a_study_called_with_any_options(command, plan_file, data):
    arguments = [command, str(plan_file), *data.draw(calls(command))]
    # A result, or an error that is meant for people.
    with suppress(click.exceptions.Exit, click.ClickException, ScaleproofError):
        group.main(arguments, prog_name="scaleproof", standalone_mode=False)
