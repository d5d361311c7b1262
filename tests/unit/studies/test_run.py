"""Several endpoints in one study: each has the outcome that it has alone."""

import re
import shlex
from dataclasses import replace

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.studies.assumptions import alternatives, spell
from scaleproof.studies.assumptions import parse as parse_assumptions
from scaleproof.studies.outcome import Change
from scaleproof.studies.run import Setting, assign, check_used, other_assumptions, simulate_each
from scaleproof.studies.traffic import parse

SPEECH = Endpoint(
    "speech",
    "AllTraffic",
    Kind.REALTIME,
    (Pool("ml.g6.2xlarge", 1, 12),),
    1,
    ScalableTarget(1, 10, (TargetTracking("concurrency", CONCURRENCY, 9.0, 60, 300),)),
)
PAIRS = [
    (SPEECH, parse("step:top=30,days=0.1", seed=1)),
    (replace(SPEECH, name="voice", initial=2), parse("constant:level=20,days=0.1", seed=1)),
]


@pytest.mark.parametrize("words", [[], ["provisioning=60/0.2", "release=oldest"]])
def test_every_other_answer_and_three_other_seeds_are_tried(words):
    """But an answer that is assumed already."""
    setting, traffic = Setting(parse_assumptions(words)), parse("constant:level=1,days=0.1", seed=4)
    tried = list(other_assumptions(setting, traffic))
    answers = [(name, value) for name, value in alternatives() if f"{name}={spell(value)}" not in words]
    assert len(answers) == len(list(alternatives())) - len(words)
    for (name, value), (change, other, same) in zip(answers, tried[:-3], strict=True):
        assert change == Change(name, spell(setting.model.get(name)), spell(value))
        assert (other, same) == (replace(setting, model=setting.model.set(name, value)), traffic)
    assert [(change, other, seeded.seed) for change, other, seeded in tried[-3:]] == [
        (Change("seed", "4", str(seed)), setting, seed) for seed in (5, 6, 7)
    ]


def test_each_endpoint_has_its_own_outcome_and_variations():
    together = simulate_each(PAIRS, Setting(), uncertainty=True)
    alone = [simulate_each([pair], Setting(), uncertainty=True)[0] for pair in PAIRS]
    assert together == alone
    assert [outcome.result.endpoint for outcome in together] == ["speech", "voice"]
    assert together[0].uncertainty != together[1].uncertainty
    assert [outcome.result.seed for outcome in together] == [1, 1]


@pytest.mark.parametrize(
    ("words", "first", "redrawn"),
    [
        ("diurnal:peak=3,days=0.1", 2, True),
        ("speech=constant:level=3,days=0.1,seed=7", 7, True),
        ("batches:files=3,per_day=20,minutes=9,days=0.5,work=stream", 2, True),
        ("rates.csv", 2, True),
        ("rates.csv:seed=7", 7, True),
        ("calls.csv", 2, False),
    ],
)
def test_other_seeds_have_the_traffic_that_the_command_would_have_with_them(tmp_path, words, first, redrawn):
    (tmp_path / "calls.csv").write_text("time,duration\n0,30\n5,20.5\n")
    (tmp_path / "rates.csv").write_text("time,rate,duration\n0,0.5,60\n600,0.1,60\n")
    traffic = parse(words, ["speech"], seed=2, base=tmp_path)
    others = [other for change, _, other in other_assumptions(Setting(), traffic) if change.name == "seed"]
    assert [(other.seed, other.endpoint) for other in others] == [(first + n, traffic.endpoint) for n in (1, 2, 3)]
    arrivals = list(traffic.traffic.arrivals())
    for other in others:
        asked = parse(words.partition(",seed")[0].partition(":seed")[0], ["speech"], seed=other.seed, base=tmp_path)
        assert list(other.traffic.arrivals()) == list(asked.traffic.arrivals())
        assert (list(other.traffic.arrivals()) != arrivals) is redrawn


QUEUE = replace(SPEECH, name="queue", kind=Kind.ASYNC)
REMOVE = "Remove it: an endpoint takes one traffic."
FIRST, SECOND = "constant:level=1", "constant:level=2"
LONG, SHORT = f"{FIRST},work=file", f"{FIRST},work=file,seconds=2"


def paired(endpoints, words):
    """The endpoints with their traffic, or the refusal."""
    traffic = [parse(word, [endpoint.name for endpoint in endpoints]) for word in words]
    try:
        pairs = assign(endpoints, traffic)
        check_used(traffic, pairs)
    except ScaleproofError as error:
        return str(error)
    return [f"{endpoint.name}={spec.spec}" for endpoint, spec in pairs]


@pytest.mark.parametrize(
    ("names", "words", "said"),
    [
        ("speech", [FIRST, SECOND], f"traffic {SECOND}: speech has {FIRST}. {REMOVE}"),
        ("speech", [f"speech={FIRST}", SECOND], f"traffic {SECOND}: speech has {FIRST}. {REMOVE}"),
        ("speech", [f"speech={FIRST}", f"speech={SECOND}"], f"traffic {SECOND}: speech has {FIRST}. {REMOVE}"),
        ("speech speech", [FIRST, SECOND], f"speech has {FIRST}, speech has {FIRST}. {REMOVE}"),  # two variants
        ("speech voice", [FIRST, SECOND], f"name an endpoint for it: speech={SECOND}."),
        ("queue speech voice", [LONG, FIRST, SECOND], f"endpoint for it: speech={SECOND}."),
        ("speech voice", [f"speech={FIRST}", FIRST, SECOND], REMOVE),
        ("speech voice", [FIRST, LONG], REMOVE),  # none of them would take it
        ("speech voice", [FIRST, SHORT], f"name an endpoint for it: speech={SHORT}."),
        ("speech voice", [SHORT], f"To send it there anyway: speech={SHORT}."),
        ("speech voice", [LONG], "SageMaker refuses this work at speech. A real-time model has 1 min"),
        ("queue queue2", [FIRST], "SageMaker refuses this work at queue. An asynchronous endpoint does not stream."),
        ("queue queue2", [f"{FIRST},work=sync"], f"To send it there anyway: queue={FIRST},work=sync."),
    ],
)
def test_what_is_advised_for_traffic_without_an_endpoint_is_taken(names, words, said):
    endpoints = [replace(QUEUE if name.startswith("queue") else SPEECH, name=name) for name in names.split()]
    refusal = paired(endpoints, words)
    assert said in refusal
    if advised := re.search(r": (\S+=\S+)\.$", refusal):
        followed = [advised[1] if advised[1].endswith(f"={word}") else word for word in words]
        assert advised[1] in paired(endpoints, followed)


def test_traffic_that_is_advised_is_quoted(tmp_path):
    (tmp_path / "my calls.csv").write_text("time,duration\n0,30\n")
    words = f"{tmp_path}/my calls.csv"
    for also in ([FIRST, words], [f"{words}:work=file"]):
        advised = paired([SPEECH, replace(SPEECH, name="voice")], also).rpartition(": ")[2].removesuffix(".")
        assert shlex.split(advised) == [f"speech={also[-1]}"]
