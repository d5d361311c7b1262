"""What is proposed is what the module makes of it, and does what was asked."""

from contextlib import closing
from dataclasses import replace
from datetime import datetime
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.processes import scratch
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Behaviour, Shortage, Work
from scaleproof.studies import planned as planned_by
from scaleproof.studies.assumptions import DEFAULT
from scaleproof.studies.candidate import misses
from scaleproof.studies.choose import choose
from scaleproof.studies.planned import ModulePlanner, module_directory
from scaleproof.studies.proposal import PLACEHOLDER, Floor, Proposal, block
from scaleproof.studies.run import Setting
from scaleproof.studies.scheduled_minimums import Week
from scaleproof.studies.shape import Shape
from scaleproof.studies.space import Space
from scaleproof.studies.traffic import parse
from scaleproof.terraform import executable
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.runner import Runner

pytestmark = pytest.mark.usefixtures("kept_plans")
POOLS = (("ml.g6.2xlarge", 12.0), ("ml.g6e.2xlarge", 16.0))
PRICES = {"ml.g6.2xlarge": 1.2, "ml.g6e.2xlarge": 1.4}
STREAMS = [parse("spike:top=40,base=6,every=0.8,minutes=10,days=0.06,seconds=60", seed=seed) for seed in (0, 1)]
STREAMED = Shape(Work.STREAM, 1800, None, 0)
FILES = [parse("batches:files=40,per_day=24,days=0.1", seed=0)]
LIVE = Proposal(Kind.REALTIME, POOLS, 2, 9, 0.7, 60, 300)
SCHEDULED = replace(
    LIVE,
    schedules=(
        Floor("daily-2000", "cron(0 20 ? * * *)", "Europe/Berlin", 1),
        Floor("mon-fri-0652", "cron(52 6 ? * MON-FRI *)", "Europe/Berlin", 5),
    ),
)
QUEUED = Proposal(Kind.ASYNC, POOLS, 0, 4, 7.5, 120, 300, 12, 2, 1)
UNEVEN = replace(QUEUED, pools=(("ml.g6.2xlarge", 14.5), ("ml.g6e.2xlarge", 10.0)), target=32.0, invocations=10)
"""Its weakest type drains a share of what the first one does that has no end of digits."""


@pytest.fixture(scope="module")
def planner(standins):
    with closing(ModulePlanner(module_directory(), "speech", standins=standins)) as made:
        yield made


@pytest.fixture(scope="module")
def planned():
    """What was planned for `streams`."""
    return []


@pytest.fixture(scope="module")
def streams(planner, planned):
    """With prices at which the second type serves a request for less."""

    def plan(proposal):
        planned.append(proposal)
        return planner.endpoint(proposal)

    return choose(STREAMED, POOLS, STREAMS, Setting(price=PRICES), plan)


def written(proposal):
    return block(
        proposal,
        name="speech",
        source="acme/x",
        model={"image": PLACEHOLDER},
        s3_output_path="s3://acme/out/",
    )


def test_the_cheapest_that_does_what_was_asked(streams):
    best = streams.best
    assert streams.headline == "Real-time. An asynchronous endpoint does not stream."
    assert best.misses == 0
    assert len(best.outcomes) == 2
    for outcome in best.outcomes:
        assert misses(STREAMED, outcome) == 0
    for other in streams.runners_up:
        assert other.misses > 0 or other.price >= best.price
    assert best.proposal.pools[0][0] == "ml.g6e.2xlarge"


def test_what_is_written_plans_what_was_simulated(streams, planned, planner):
    """The search plans once for each order of the pools; what it makes of that is what a plan would say."""
    assert [proposal.pools for proposal in planned] == [POOLS, POOLS[::-1]]
    assert streams.best.proposal not in planned
    assert planner.check(written(streams.best.proposal), "acme/x") == streams.best.endpoint


@pytest.mark.parametrize("kind", ["ml.g5${x}.2xlarge", "ml.g5.bogus"])
def test_what_is_said_of_a_type_that_no_plan_takes(kind, planner):
    with pytest.raises(PlanFailed, match="instance_type"):
        choose(STREAMED, [(kind, 4.0)], STREAMS, Setting(), planner.endpoint)


def test_what_could_not_be_created_is_not_chosen(planner):
    short = tuple(Shortage(kind, 0.0, 3_600.0) for kind, _ in POOLS)
    setting = Setting(replace(DEFAULT, behaviour=Behaviour(shortages=short)))
    with pytest.raises(ScaleproofError, match="At the start no instance of speech-realtime can be had"):
        choose(STREAMED, POOLS, STREAMS, setting, planner.endpoint)


def point(proposal):
    names = (
        "min",
        "max",
        "target",
        "scale_out_cooldown",
        "scale_in_cooldown",
        "wake_instances",
        "wake_periods",
    )
    return {name: getattr(proposal, name) for name in names}


@pytest.mark.parametrize("proposal", [QUEUED, replace(QUEUED, min=1), UNEVEN])
def test_a_changed_plan_of_a_queue_is_the_plan_of_the_change(proposal, planner):
    """As above, for every setting at once of an endpoint that wakes, and of one that is never empty."""
    first = replace(
        proposal, max=proposal.max + 3, target=proposal.target * 0.9, scale_in_cooldown=900, wake_instances=1
    )
    planned = []

    def plan(one):
        planned.append(one)
        return planner.endpoint(one)

    space = Space(proposal.kind, proposal.pools, 100, plan, None)
    space.endpoint(point(first))
    assert space.endpoint(point(proposal)) == planner.check(written(proposal), "acme/x")
    assert planned == [first]
    assert space.proposal(point(proposal)) == proposal


def test_schedules_are_written_as_they_were_simulated(planner):
    """Streams come at nine by the clock in Berlin, so the first simulated moment has a low minimum."""
    space = Space(Kind.REALTIME, POOLS, 60, planner.endpoint, None)
    start = datetime(2026, 1, 5, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    week = Week("Europe/Berlin", tuple([1] * 9 + [60] * 3 + [1] * 12) * 7)
    scheduled = space.scheduled(week, 7, start)
    point = {**space.usual, "fill": 0.75}
    proposal = scheduled.proposal(point)
    assert [(one.name, one.min) for one in proposal.schedules] == [("daily-0853", 7), ("daily-1200", 1)]
    assert planner.check(written(proposal), "acme/x") == scheduled.endpoint(point)


@pytest.mark.parametrize("proposal", [LIVE, SCHEDULED, QUEUED, replace(QUEUED, min=1)])
def test_a_block_is_formatted(proposal, tmp_path):
    (tmp_path / "main.tf").write_text(written(proposal))
    Runner(executable.find(), tmp_path, {}).execute_command("fmt", "-check", "-diff")


@pytest.mark.parametrize(
    ("proposal", "words"),
    [
        (LIVE, "2 to 9 instances at 70 % of each, cooldowns 60/300 s"),
        (replace(LIVE, min=9), "9 instances"),
        (SCHEDULED, "1 to 9 instances at 70 % of each, cooldowns 60/300 s, at least 1 to 5 by 2 schedules"),
        (QUEUED, "0 to 4 instances at 7.5 per instance, cooldowns 120/300 s, wakes by 2 after 1 min"),
        (replace(QUEUED, min=1, max=1), "1 instance"),
        (replace(QUEUED, min=1), "1 to 4 instances at 7.5 per instance, cooldowns 120/300 s"),
    ],
)
def test_a_proposal_in_words(proposal, words):
    assert proposal.words == words


def test_files_that_may_wait_go_to_zero(planner):
    shape = Shape(Work.FILE, 900, 200, 1800)
    found = choose(shape, POOLS, FILES, Setting(), planner.endpoint, most=3)
    best = found.best
    assert (best.proposal.kind, best.proposal.min, best.misses) == (Kind.ASYNC, 0, 0)
    assert best.proposal.max <= 3
    assert found.headline.startswith("Asynchronous. A real-time model has 1 min to answer; yours needs up to 15 min.")
    static = [one for one in found.runners_up if one.proposal.min == one.proposal.max]
    assert static[0].price > best.price


def test_both_kinds_compete_where_both_would_do(planner):
    traffic = [parse("batches:files=20,per_day=20,days=0.06,seconds=10", seed=0)]
    found = choose(Shape(Work.FILE, 60, 20, 1200), POOLS[:1], traffic, Setting(), planner.endpoint)
    assert {one.proposal.kind for one in (found.best, *found.runners_up)} == {Kind.REALTIME, Kind.ASYNC}
    assert found.headline.startswith("Asynchronous. Both ")


def test_text_is_quoted():
    text = block(LIVE, name="a-1", source='x"${y}', model={"image": "%{z}\\"}, s3_output_path="")
    assert text.startswith('module "a_1" {\n  source = "x\\"$${y}"\n')
    assert 'image = "%%{z}\\\\"' in text


def test_the_module_has_to_be_there(tmp_path):
    with pytest.raises(ScaleproofError, match=r"The module is not in .* Name a checkout of it: --module PATH"):
        module_directory(tmp_path)


def test_what_plans_ends_with_the_planner_and_its_directory_goes(monkeypatch):
    made, make, root = {}, scratch.make, Mock()

    def noted(kind="", **more):
        made[kind] = make(kind, **more)
        return made[kind]

    monkeypatch.setattr(scratch, "make", noted)
    monkeypatch.setattr(planned_by, "Root", Mock(return_value=root))
    planner = ModulePlanner(module_directory(), "speech")
    assert list(made[""].rglob("main.tf.json"))
    planner.close()
    assert not made[""].exists()
    root.close.assert_called_once_with()
