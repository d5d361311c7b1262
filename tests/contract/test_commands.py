"""The commands that study traffic, called with whatever options: a result, a usage error or a clear error."""

import json

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaleproof.cli.app import group
from scaleproof.endpoints import from_file
from scaleproof.studies import compare
from tests.contract.test_texts import answer
from tests.contract.test_texts import words as texts
from tests.plan.planner import REALTIME

words = texts.filter(lambda text: "\0" not in text)
"""No process is ever given a null byte among its arguments."""

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
    words_ = ["--traffic", draw(st.sampled_from(TRAFFIC))]
    for option in draw(st.lists(st.sampled_from(sorted(known)), max_size=3)):
        words_ += [
            option,
            draw(st.one_of(st.sampled_from(known[option]), st.sampled_from(known[option]), words)),
        ]
    return words_


@pytest.mark.parametrize("command", ["simulate", "compare"])
@given(data=st.data())
@settings(max_examples=settings.default.max_examples // 3)  # each simulates
def test_a_study_called_with_any_options(command, plan_file, data):
    _call([command, str(plan_file), *data.draw(calls(command))])


@given(
    pools=st.lists(st.one_of(st.sampled_from(["ml.g6.2xlarge=12", "x=1", "=", "ml.g6.2xlarge=0"]), words), max_size=3),
    option=st.sampled_from(["--longest", "--largest", "--within", "--most", "--name", "--module"]),
    value=words,
)
def test_a_choice_among_any_pools(pools, option, value):
    # Two traffics, so that a call with nothing else wrong stops before it simulates for minutes.
    words_ = [word for pool in pools for word in ("--pool", pool)]
    traffic = [word for spec in TRAFFIC[:2] for word in ("--traffic", spec)]
    assert _call(["choose", *traffic, *words_, option, value])


@given(
    text=st.one_of(
        words,
        st.sampled_from(MORE["compare"]["--change"]),
        st.builds("{}={}".format, st.sampled_from(["target", "min", "max", "scale_in_cooldown"]), words),
    )
)
def test_a_change_of_any_text(text, plan_file):
    (endpoint,) = from_file(plan_file)
    answer(lambda: compare.changed(endpoint, text))


def _call(arguments):
    """Calls the command line; whether it ended with an error that is meant for people. Raises any other."""

    def called():
        try:
            group.main(arguments, prog_name="scaleproof", standalone_mode=False)
        except click.exceptions.Exit:
            pass
        except click.ClickException:
            return True
        return False

    return answer(called) is not False
