"""The fleet by examples small enough to be worked out by hand: start-up, shortages, scale-in, Updating."""

import math
import random
from dataclasses import replace
from functools import partial

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import Assumptions, AutoscalingAssumptions
from scaleproof.scaling.endpoint import ScheduledAction
from scaleproof.simulation import Behaviour, Delay, Release, Shortage, Traffic
from scaleproof.simulation.behaviour import slots_of, timeout_of
from scaleproof.simulation.fleet import Fleet
from scaleproof.simulation.realtime import RealTime
from scaleproof.simulation.workload import NEVER, Instance

from .endpoints import G6, G6E, PROMPT, asynchronous, at_once, pools, realtime, run, tracking

MIXED = pools(g6=2, g6e=3)
NOTHING = Traffic.from_arrivals([], duration=1.0)
POSITIVE = ("retry", "provision_timeout", "objective")
FINITE = ("scale_in_time", "metric_delay")
FROM_0 = (*FINITE, "stop_grace_seconds", "draining", "patience", "request_ttl")
"""Numbers of Behaviour: above 0, below infinity, from 0 on."""


class Stage:
    """A fleet and its requests, with time moved by hand."""

    def __init__(self, initial=1, traffic=NOTHING, **changes):
        defaults = {"provisioning": Delay(100.0), "start_up": Delay(20.0)}
        behaviour = Behaviour(**{**defaults, **changes})
        self.workload = RealTime(traffic, behaviour, random.Random(0))
        timeout = timeout_of(realtime(fleet=MIXED), behaviour, AutoscalingAssumptions())
        self.fleet = Fleet(MIXED, {G6: 2, G6E: 3}, initial, self.workload, behaviour, random.Random(0), timeout)
        self.outcomes = []

    def until(self, time):
        """Everything until then."""
        while (due := self.fleet.next_event()) <= time:
            self.workload.advance(due)
            outcome = self.fleet.happen(due)
            if outcome:
                self.outcomes.append((outcome.time, outcome.reached))
        self.workload.advance(time)
        return self

    @property
    def counts(self):
        return self.fleet.counts[G6], self.fleet.counts[G6E]


def test_instances_come_after_provisioning_and_start_up():
    stage = Stage()
    assert stage.fleet.set_desired(3, 50.0)
    assert stage.fleet.starting == {G6: 2, G6E: 0}
    assert stage.until(169.0).counts == (1, 0)
    assert stage.until(170.0).counts == (3, 0)
    assert stage.outcomes == [(170.0, True)]


def test_updating_refuses_a_second_change():
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html"""
    stage = Stage()
    assert stage.fleet.set_desired(2, 0.0)
    assert stage.fleet.updating
    assert not stage.fleet.set_desired(3, 60.0)
    assert not stage.fleet.set_desired(1, 60.0)
    assert stage.fleet.desired == 2
    stage.until(120.0)
    assert not stage.fleet.updating
    assert stage.fleet.set_desired(3, 121.0)


def test_a_preferred_type_out_of_stock_falls_back_and_is_preferred_again_afterwards():
    """https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html"""
    stage = Stage(shortages=(Shortage(G6, 100.0, 1_000.0),))
    stage.fleet.set_desired(2, 0.0)
    assert stage.until(500.0).counts == (2, 0)
    stage.fleet.set_desired(4, 500.0)
    assert stage.until(700.0).counts == (2, 2)
    stage.fleet.set_desired(5, 1_000.0)
    assert stage.until(1_200.0).counts == (3, 2)
    stage.fleet.set_desired(4, 1_200.0)
    assert stage.until(1_300.0).counts == (3, 1)


def test_what_is_not_to_be_had_is_asked_for_again():
    shortages = (Shortage(G6, 0.0, 95.0), Shortage(G6E, 0.0, 500.0))
    stage = Stage(0, shortages=shortages, retry=30.0)
    stage.fleet.set_desired(2, 10.0)
    assert stage.fleet.starting == {G6: 0, G6E: 0}
    # Asked at 10, 40, 70 and 100 s.
    assert stage.until(219.9).counts == (0, 0)
    assert stage.until(220.0).counts == (2, 0)
    assert stage.outcomes == [(220.0, True)]


def test_missing_instances_are_given_up_after_the_timeout():
    stage = Stage(shortages=tuple(Shortage(kind, 50.0, 9_000.0) for kind in (G6, G6E)), provision_timeout=600.0)
    stage.fleet.set_desired(3, 100.0)
    stage.until(699.0)
    assert stage.fleet.updating
    stage.until(700.0)
    assert (stage.fleet.updating, stage.fleet.desired, stage.counts) == (False, 1, (1, 0))
    assert stage.outcomes == [(700.0, False)]


@pytest.mark.parametrize(
    ("fleet", "planned", "assumed", "given_up", "single"),
    [
        (MIXED, 600.0, None, 660.0, "retried"),
        (MIXED, 3_600.0, None, 3_660.0, "fails"),
        (MIXED, None, None, 1_860.0, "retried"),  # nobody said: half an hour
        (MIXED, 600.0, 300.0, 360.0, "retried"),  # what is assumed wins
        (pools(g6=2), None, None, None, "retried"),  # one type is asked for until it comes
        (pools(g6=2), 600.0, None, None, "retried"),  # the setting is for pools
        (pools(g6=2), None, 600.0, 660.0, "retried"),
        (pools(g6=2), None, None, 1_860.0, "fails"),
    ],
)
def test_how_long_instances_are_asked_for_is_the_plans(
    fleet,
    planned,
    assumed,
    given_up,
    single,
):
    """https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html"""
    more = ScheduledAction("more", "at(2026-11-02T00:01:00)", min=2)
    endpoint = replace(realtime(fleet=fleet, schedules=(more,)), provision_timeout=planned)
    behaviour = replace(
        PROMPT,
        shortages=tuple(Shortage(kind, 30.0, 14_000.0) for kind in (G6, G6E)),
        provision_timeout=assumed,
    )
    answers = Assumptions(autoscaling=AutoscalingAssumptions(single_type_shortage=single))
    result = run(endpoint, Traffic.from_arrivals([(1.0, 1.0)], duration=14_400.0), behaviour, assumptions=answers)
    (first, *others) = [one for one in result.activities if one.desired == 2]
    if given_up is None:
        # Asked for every 30 s since 60 s, had at 14,010 s, in service 120 s later.
        assert (first.status, first.end, others) == ("Successful", 14_130.0, [])
    else:
        assert (first.status, first.end) == ("Unfulfilled", given_up)


@pytest.mark.parametrize(("answer", "asked"), [("retried", 1), ("fails", 4)])
def test_an_alarm_asks_until_the_one_type_can_be_had(answer, asked):
    """Out of stock for two hours: each time that SageMaker gives up, the alarm is still raised."""
    behaviour = replace(PROMPT, shortages=(Shortage(G6, 30.0, 7_200.0),))
    answers = Assumptions(autoscaling=AutoscalingAssumptions(single_type_shortage=answer))
    full = Traffic.from_arrivals([(60.0, 14_000.0)] * 9, duration=10_800.0)
    result = run(realtime(tracking(7.5)), full, behaviour, assumptions=answers)
    wanted = [one for one in result.activities if one.desired == 2]
    assert [one.status for one in wanted] == ["Unfulfilled"] * (asked - 1) + ["Successful"]
    assert wanted[-1].end is not None
    assert 7_200.0 < wanted[-1].end < 7_400.0


def test_what_could_be_had_stays_when_the_rest_is_given_up():
    stage = Stage(shortages=(Shortage(G6, 130.0, 9_000.0), Shortage(G6E, 0.0, 9_000.0)), provision_timeout=300.0)
    stage.fleet.set_desired(2, 0.0)
    stage.until(120.0)
    stage.fleet.set_desired(4, 125.0)
    assert stage.until(245.0).counts == (4, 0)
    stage.fleet.set_desired(6, 250.0)
    assert stage.until(551.0).counts == (4, 0)
    assert stage.outcomes[-1] == (550.0, False)


def test_scale_in_releases_the_lowest_priority_first():
    """https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html"""
    stage = Stage(2, shortages=(Shortage(G6, 1.0, 9_000.0),))
    stage.fleet.set_desired(4, 10.0)
    assert stage.until(200.0).counts == (2, 2)
    stage.fleet.set_desired(1, 200.0)
    assert stage.until(200.0).counts == (1, 0)


@pytest.mark.parametrize(("release", "left"), [("newest", [4, 0]), ("oldest", [0, 4]), ("idlest", [4, 0])])
def test_which_one_of_a_type_is_released(release, left):
    """The second instance came later and has fewer requests: the loads that are left tell them apart."""
    traffic = Traffic.from_arrivals(at_once(4, 1_000.0), duration=2_000.0)
    stage = Stage(1, traffic, release=Release(release), shortages=(Shortage(G6E, 0.0, 9_000.0),), patience=1e6)
    stage.until(50.0)
    stage.fleet.set_desired(2, 50.0)
    stage.until(200.0)
    assert stage.workload.loads == [4, 0]
    stage.fleet.set_desired(1, 200.0)
    assert stage.workload.loads == [left[0]]


def test_of_equally_idle_instances_the_newest_is_released():
    stage = Stage(3, Traffic.from_arrivals([], duration=2_000.0), release=Release.IDLEST)
    stage.fleet.set_desired(1, 50.0)
    assert stage.workload.numbers == [0]


@pytest.mark.parametrize("seed", range(20))
def test_places_are_those_of_the_instances_after_every_change(seed):
    chance, workload = random.Random(seed), RealTime(NOTHING, Behaviour(), random.Random(0))
    for number in range(40):
        if workload.instances and chance.random() < 0.4:
            workload.close(chance.choice(workload.instances), 0.0)
        else:
            rank = chance.randrange(3)
            workload.open(Instance(number, "abc"[rank], rank, 1, 0.0))
        types = [instance.instance_type for instance in workload.instances]
        assert types == sorted(types)
        assert {name: types[part] for name, part in workload.places.items()} == {
            name: [name] * types.count(name) for name in types
        }
        assert [workload._places[instance.number] for instance in workload.instances] == list(range(len(types)))


def test_a_drained_instance_stays_until_its_last_request_ends():
    traffic = Traffic.from_arrivals([(0.0, 300.0), (1.0, 500.0)], duration=2_000.0)
    stage = Stage(2, traffic, stop_grace_seconds=1_800.0)
    stage.until(100.0)
    stage.fleet.set_desired(1, 100.0)
    assert stage.fleet.draining == 1
    stage.until(170.0)
    assert stage.outcomes == [(160.0, True)]
    stage.until(600.0)
    assert stage.fleet.draining == 0
    assert (stage.workload.served, stage.workload.cut) == (2, 0)
    assert stage.fleet.instance_seconds(600.0) == {G6: 600.0 + 501.0, G6E: 0.0}


@pytest.mark.parametrize(
    ("ends", "grace", "cut"),
    [
        (129.0, {}, 0),  # 30 seconds by default
        (131.0, {}, 1),
        (699.0, {"stop_grace_seconds": 600.0}, 0),
        (701.0, {"stop_grace_seconds": 600.0}, 1),
        (101.0, {"stop_grace_seconds": 0.0}, 1),
    ],
)
def test_what_is_open_when_the_grace_is_over_is_cut(ends, grace, cut):
    traffic = Traffic.from_arrivals([(0.0, 2_000.0), (1.0, ends - 1.0)], duration=6_000.0)
    stage = Stage(2, traffic, draining=1.0, **grace)
    stage.until(100.0)
    stage.fleet.set_desired(1, 100.0)
    assert stage.workload.cut == 0
    stage.until(1_000.0)
    assert (stage.workload.served, stage.workload.cut, stage.fleet.draining) == (1 - cut, cut, 0)
    gone = 100.0 + grace.get("stop_grace_seconds", 30.0) if cut else ends
    assert stage.fleet.instance_seconds(1_000.0) == {G6: 1_000.0 + gone, G6E: 0.0}


def test_an_instance_counts_from_when_it_is_in_service_until_it_is_gone():
    """The second one from 150 s on; it is released at 200 s, and its request ends at 220 s."""
    stage = Stage(1, Traffic.from_arrivals([(0.0, 1e4), (160.0, 60.0)], duration=2e4))
    stage.fleet.set_desired(2, 30.0)
    seconds = {}
    for time in (140.0, 190.0, 200.0, 210.0, 225.0, 500.0):
        stage.until(time)
        if time == 200.0:
            stage.fleet.set_desired(1, time)
        seconds[time] = stage.fleet.instance_seconds(time)[G6] - time
    assert seconds == {140.0: 0.0, 190.0: 40.0, 200.0: 50.0, 210.0: 60.0, 225.0: 70.0, 500.0: 70.0}
    assert stage.workload.served == 1


def test_the_first_instances_are_placed_like_all_others():
    assert Stage(3, shortages=(Shortage(G6, 0.0, 1.0),)).counts == (0, 3)


def test_nothing_is_to_come_where_nothing_changes():
    assert Stage().fleet.next_event() == NEVER


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Delay(-1.0), "median"),
        (lambda: Delay(1.0, float("inf")), "spread"),
        (lambda: Delay(1.0, longest=0.0), "median"),
        (lambda: Delay(math.inf), "median"),
        (lambda: Delay(1.0, -0.1), "spread"),
        (lambda: Delay(1.0, 10.1), "spread"),
        (lambda: Shortage(G6, 5.0, 5.0), "after its start"),
        (lambda: Behaviour(invocations_per_instance=0), "1 or more"),
        *[(partial(Behaviour, **{name: value}), f"{name} is above 0") for name in POSITIVE for value in (0, math.inf)],
        *[(partial(Behaviour, **{name: value}), f"{name} is 0 or more") for name in FROM_0 for value in (-1, math.nan)],
        *[(partial(Behaviour, **{name: math.inf}), f"{name} is a number of seconds, not inf") for name in FINITE],
    ],
)
def test_what_cannot_be_is_refused(wrong, message):
    with pytest.raises(ScaleproofError, match=message):
        wrong()


def test_the_edges_of_what_can_be():
    Behaviour(**dict.fromkeys(FROM_0, 0.0), **dict.fromkeys(POSITIVE, 0.1), invocations_per_instance=1)
    Behaviour(**dict.fromkeys(set(FROM_0) - set(FINITE), math.inf))
    assert Delay(0.0, 10.0, 0.1).draw(random.Random(0)) == 0.0
    assert Delay(0.0, 10.0).mean == 0.0


@pytest.mark.parametrize(
    ("endpoint", "slots", "sustained"),
    [
        (realtime(fleet=pools(g6=1.5, g6e=3)), [1, 3], [1.5, 3]),
        (realtime(fleet=pools(g6=2, g6e=3)[::-1]), [2, 3], [2, 3]),  # in the order of priority
        (asynchronous(fleet=pools(g6=None, g6e=3)), [4, 3], [4, 3]),  # 4 where nobody says
        (asynchronous(fleet=pools(g6=None, g6e=3), invocations=2), [2, 2], [2, 2]),
        (asynchronous(fleet=pools(g6=1.5), invocations=2), [2], [1.5]),
    ],
)
def test_what_an_instance_takes_and_what_it_sustains(endpoint, slots, sustained):
    found = slots_of(endpoint, Behaviour(invocations_per_instance=4))
    assert [list(numbers) for numbers in found] == [sorted(found[0])] * 2
    assert [list(numbers.values()) for numbers in found] == [slots, sustained]


@pytest.mark.parametrize("most", [0.0, 5.0, 10.0, 30.0, 1e9])
@pytest.mark.parametrize("spread", [0.0, 0.5, 1.5])
def test_the_mean_of_a_delay_is_that_of_its_draws(most, spread):
    source, delay = random.Random(2), Delay(10.0, spread, 40.0)
    drawn = [delay.draw(source) for _ in range(40_000)]
    assert max(drawn) <= 40.0
    assert delay.mean == pytest.approx(sum(drawn) / len(drawn), rel=0.02)
    cut = sum(min(seconds, most) for seconds in drawn) / len(drawn)
    assert delay.mean_up_to(most) == pytest.approx(cut, rel=0.02)


def test_delays_have_their_median():
    source = random.Random(1)
    drawn = sorted(Delay(180.0, 0.2).draw(source) for _ in range(4_001))
    assert drawn[2_000] == pytest.approx(180.0, rel=0.02)
    assert drawn[int(0.841 * 4_001)] == pytest.approx(180.0 * 1.2214, rel=0.03)
    assert Delay(180.0).draw(source) == 180.0
