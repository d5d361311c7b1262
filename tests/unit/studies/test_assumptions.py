"""Everything that is assumed has a name and can be set."""

from dataclasses import fields, replace

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import Assumptions
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool
from scaleproof.simulation import Behaviour, Delay, Release, Shortage, Traffic
from scaleproof.studies.assumptions import DEFAULT, alternatives, names, parse, shortages, spell, start_up
from scaleproof.studies.run import Setting, simulate_each
from scaleproof.studies.traffic import TrafficSpec

ENDPOINT = Endpoint("speech", "AllTraffic", Kind.REALTIME, (Pool("ml.g6.2xlarge", 1, 4),), 1, None)


@pytest.mark.parametrize(
    ("word", "name", "value"),
    [
        ("release=idlest", "release", Release.IDLEST),
        ("provisioning=300", "provisioning", Delay(300)),
        ("provisioning=300/0.1", "provisioning", Delay(300, 0.1)),
        ("patience=5", "patience", 5.0),
        ("largest_scale_in=2", "largest_scale_in", 2),
        ("largest_scale_in=none", "largest_scale_in", None),
        ("tracked_value=newest", "tracked_value", "newest"),
        ("repeat_high_resolution=60", "repeat_high_resolution", 60.0),
    ],
)
def test_an_answer_can_be_set(word, name, value):
    assert parse([word]).get(name) == value


def test_every_default_can_be_spelled():
    assert len(names()) > 30
    for name in names():
        assert parse([f"{name}={spell(DEFAULT.get(name))}"]) == DEFAULT


def test_alternatives_are_other_answers():
    for name, value in alternatives():
        assert DEFAULT.get(name) != value
        assert parse([f"{name}={spell(value)}"]).get(name) == value


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("x=1", "There is no assumption 'x'. There are action_delay"),
        ("patience", "'patience' is not of the form NAME=VALUE"),
        ("patience=long", "patience=long is not a number"),
        ("patience=-1", "patience is 0 or more, not -1.0"),
        ("provisioning=-1", "provisioning=-1: A delay has a median from 0 on"),
        ("metric_cutoff=inf", "metric_cutoff is a number of seconds, not inf."),
        ("expression_cutoff=inf", "expression_cutoff is a number of seconds, not inf."),
        ("patience=1_0", "patience=1_0 is not a number"),
        ("extra_periods=1_0", "extra_periods=1_0 is not a whole number"),
        ("largest_scale_in=٣", "largest_scale_in=٣ is not a whole number"),
        ("provisioning=60/0.0_1", "provisioning=60/0.0_1 is not a number"),
        ("release=explode", "release=explode is not one of newest, oldest, idlest"),
        ("extra_periods=1.5", "extra_periods=1.5 is not a whole number"),
        ("provisioning=slow", "provisioning=slow is not a number"),
        ("provisioning=-4", "A delay has a median from 0 on and a spread from 0 to 10, not -4 and 0."),
        (
            "provisioning=60/1e9",
            "A delay has a median from 0 on and a spread from 0 to 10, not 60 and 1e+09.",
        ),
    ],
)
def test_what_is_wrong_is_said(word, reason):
    with pytest.raises(ScaleproofError) as raised:
        parse([word])
    assert reason in str(raised.value)


MIXED = (*ENDPOINT.pools, Pool("ml.g6e.2xlarge", 2, 4))
NO_STOCK = ("ml.g6.2xlarge=0-1", "ml.g6e.2xlarge=0-2")


def created(words, **changes):
    setting = Setting(replace(DEFAULT, behaviour=Behaviour(shortages=shortages(words))))
    spec = TrafficSpec("", Traffic.from_arrivals([(0.0, 60.0)], duration=600.0))
    return simulate_each([(replace(ENDPOINT, pools=MIXED, **changes), spec)], setting)


@pytest.mark.parametrize("kind", Kind)
def test_an_endpoint_without_a_first_instance_is_refused(kind):
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html"""
    with pytest.raises(ScaleproofError) as refused:
        created(NO_STOCK, kind=kind)
    assert refused.value.message == (
        "At the start no instance of speech can be had: shortages of all its types begin at hour 0, and such an "
        "endpoint is not created."
    )
    assert refused.value.advice == "Let one begin later, as in --shortage ml.g6.2xlarge=0.1-1."


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (NO_STOCK[:1], {}),
        (("ml.g6.2xlarge=0.1-1", *NO_STOCK[1:]), {}),
        (NO_STOCK, {"kind": Kind.ASYNC, "initial": 0}),
    ],
    ids=["another type", "later", "none at first"],
)
def test_other_shortages_are_simulated(words, changes):
    assert created(words, **changes)[0].result.totals.arrivals == 1


def test_shortages_in_hours():
    assert shortages(["ml.g6.2xlarge=8-12.5"]) == (Shortage("ml.g6.2xlarge", 28_800, 45_000),)
    for word in (
        "ml.g6.2xlarge",
        "ml.g6.2xlarge=8",
        "=1-2",
        "a=x-y",
        "a=0-inf",
        "a=nan-2",
    ):
        with pytest.raises(ScaleproofError, match="is not of the form TYPE=FROM-TO"):
            shortages([word])


def test_a_name_is_of_one_assumption_only():
    parts = [Behaviour, *(type(part) for part in vars(Assumptions()).values())]
    every = [field.name for part in parts for field in fields(part)]
    assert sorted(every) == sorted([*names(), "shortages"])


def test_the_start_up_that_is_assumed_says_where_it_comes_from():
    usual = start_up(DEFAULT)
    assert (usual.provisioning, usual.start_up) == (180.0, 80.0)
    assert usual.sentence == (
        "Assumed: an instance serves 4 min 20 s after it is requested (provisioning 3 min, "
        "start-up 1 min 20 s), as seen once by a public benchmark, on ml.g5.xlarge. To use your own times, "
        "add --assume provisioning=SECONDS --assume start_up=SECONDS."
    )
    one = start_up(parse(["provisioning=300/0.2"]))
    assert one.provisioning == 300.0
    assert "as set with --assume provisioning (the other seen once by a" in one.sentence
    model = parse(["provisioning=300", "start_up=20"])
    both = Setting(model=model).outcome(ENDPOINT, TrafficSpec("x", Traffic.from_arrivals([(0.0, 1.0)]))).start_up
    assert "5 min 20 s" in both.sentence
    assert "as set with --assume provisioning and start_up. To use" in both.sentence
