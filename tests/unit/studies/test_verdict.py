"""A verdict says what held an endpoint back."""

from dataclasses import replace

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import State
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget, Suspended
from scaleproof.simulation import Cause, Traffic, Transition, Work, simulate
from scaleproof.studies.assumptions import parse
from scaleproof.studies.outcome import Outcome, numbers
from scaleproof.studies.run import check_prices
from scaleproof.studies.traffic import MONDAY
from scaleproof.studies.traffic import parse as parse_traffic
from scaleproof.studies.verdict import CutLimit, Level, behind, breakdown, lost, multiple, verdict
from tests.unit.report.made import ENDPOINT, activity, day
from tests.unit.simulation.endpoints import tracking


def changed(result, rows=60, **columns):
    """An hour in minutes with some columns set, each to one value or to a tuple of them."""
    line = result.timeline
    plain = {
        "time": tuple(60.0 * row for row in range(rows)), "desired": 2, "starting": 0, "draining": 0,
        "demand": 0, "in_flight": 0, "waiting": 0, "capacity": 20.0, "refused": 0, "minimum": 1, "maximum": 9,
    }  # fmt: skip
    filled = {
        name: value if isinstance(value, tuple) else (value,) * rows for name, value in {**plain, **columns}.items()
    }
    there = filled["desired"] if "present" not in columns else filled.pop("present")
    timeline = replace(line, **filled, in_service={"ml.g5.xlarge": there}, signals={})
    over = dict.fromkeys(Cause, 0.0)
    counts = zip(timeline.desired, there, timeline.starting, timeline.maximum, strict=True)
    levels = zip(timeline.demand, timeline.capacity, strict=True)
    for (want, have), (desired, present, starting, maximum) in zip(levels, counts, strict=True):
        cause = Cause.from_counts(desired=desired, present=present, starting=starting, maximum=maximum)
        over[cause] += 60.0 * (want > have)
    totals = replace(
        result.totals,
        arrivals=1000,
        served=1000,
        refused=0,
        unfinished=0,
        overload_seconds=sum(over.values()),
        overload=over,
    )
    return replace(result, timeline=timeline, totals=totals, duration=60.0 * rows)


def test_a_quiet_hour_holds():
    found = verdict(changed(day()))
    assert found.level is Level.HOLDS
    assert found.sentence == "100 % of 1,000 requests served; the demand was never above the capacity."
    assert found.findings == ()


@pytest.mark.parametrize(
    ("columns", "cause"),
    [
        ({}, "unasked"),
        ({"desired": 9}, "at_max"),
        ({"desired": 4, "present": 2, "starting": 2}, "starting"),
        ({"desired": 4, "present": 2}, "short"),
        ({"desired": 4, "present": 2, "starting": 1}, "short"),
    ],
)
def test_overload_is_told_apart_by_its_cause(columns, cause):
    demand = (30,) * 20 + (5,) * 40
    found = breakdown(changed(day(), demand=demand, **columns))
    assert getattr(found, cause) == found.total == 1200


def test_the_highest_maximum_is_told():
    """A schedule may have set another one since."""
    demand, maximum = (30,) * 20 + (5,) * 40, (9,) * 40 + (4,) * 20
    (said,) = verdict(changed(day(), demand=demand, desired=(9,) * 40 + (4,) * 20, maximum=maximum)).findings
    assert said == "Overload: 20 min at the maximum of 9 instances."


def test_one_instance_is_not_several():
    demand = (30,) * 20 + (5,) * 40
    (said,) = verdict(changed(day(), demand=demand, desired=1, maximum=1)).findings
    assert said == "Overload: 20 min at the maximum of 1 instance."


def test_a_signal_that_sees_nothing():
    found = verdict(changed(day(), demand=(30,) * 40 + (5,) * 20))
    assert found.level is Level.FAILS
    assert "It was overloaded for about 40 min without a break, and no policy scaled out" in " ".join(found.findings)


def test_moments_of_a_month_are_no_hours_on_end():
    """A row that stands for an hour is not an hour of overload."""
    result = changed(day(), demand=(30,) * 40 + (5,) * 20)
    over = dict.fromkeys(Cause, 0.0) | {Cause.UNASKED: 60.0}
    rare = replace(result, totals=replace(result.totals, overload_seconds=60.0, overload=over))
    found = breakdown(rare)
    assert found.total == pytest.approx(60)
    assert found.unasked_longest <= 60


def test_a_demand_as_high_as_the_capacity_ends_a_stretch():
    found = breakdown(changed(day(), demand=(30,) * 15 + (20,) * 20 + (30,) * 25))
    assert found.unasked_longest == 1500


LATE = {"demand": (30,) * 15 + (5,) * 45}
WHILE = dict.fromkeys(Cause, 0.0)
FLAPS, NOT_YET = (replace(day().totals.elasticity, reversals=number) for number in (24, 23))
SOME = "Overload: 1 s before the policies scaled out, 1.5 s while instances were starting, 2 s at the maximum of 9 "
UNSEEN = (
    "It was overloaded for about {} without a break, and no policy scaled out: their metrics do not show this load."
)
TRACKED = ScalableTarget(1, 9, (tracking(out=900.0),))
QUEUE = "When the traffic ended, {} waited, the oldest for 33 min 20 s"


@pytest.mark.parametrize(
    ("kind", "columns", "totals", "findings"),
    [
        (
            Kind.REALTIME,
            LATE,
            {
                "overload": {Cause.UNASKED: 1.0, Cause.STARTING: 1.5, Cause.SHORT: 0.9, Cause.AT_MAX: 2.0},
                "overload_seconds": 5.4,
            },
            [f"{SOME}instances."],
        ),
        (
            Kind.REALTIME,
            LATE,
            {},
            ["Overload: 15 min before the policies scaled out.", UNSEEN.format("15 min")],
        ),
        (
            Kind.REALTIME,
            {"demand": (30,) * 14 + (5,) * 46},
            {},
            ["Overload: 14 min before the policies scaled out."],
        ),
        (
            Kind.REALTIME,
            {"demand": 30, "desired": (2,) * 15 + (9,) * 5 + (2,) * 20 + (9,) * 20},
            {},
            [
                "Overload: 35 min before the policies scaled out, 25 min at the maximum of 9 instances.",
                UNSEEN.format("20 min"),
            ],
        ),
        (
            Kind.REALTIME,
            {},
            {"overload_seconds": 0.5, "overload": {**WHILE, Cause.UNASKED: 0.5}, "scale_outs": 0},
            ["It never scaled out."],
        ),
        (Kind.REALTIME, {}, {"scale_outs": 0}, []),
        (
            Kind.REALTIME,
            {},
            {"arrivals": 1_002, "cut": 1, "unfinished": 1},  # the headline says what is cut off
            ["1 request was still in flight or waiting at the end."],
        ),
        (
            Kind.REALTIME,
            {},
            {"arrivals": 1_003, "served": 998, "refused": 2, "cut": 1, "unfinished": 2},
            [
                "Scale-in cuts off 0.1 % of the requests, 24 a day, if SageMaker ends them 30 s after it removes "
                "their instance (an assumption).",
                "2 requests were still in flight or waiting at the end.",
            ],
        ),
        (Kind.REALTIME, {}, {"elasticity": NOT_YET}, []),
        (Kind.REALTIME, {}, {"elasticity": FLAPS}, ["It changed direction 576 times a day: it flaps."]),
        (
            Kind.ASYNC,
            {"desired": (0,) * 15 + (1,) * 45},
            {"arrivals": 1_001, "expired": 1, "overload_seconds": 600.0, "scale_outs": 0},
            ["1 request expired in the queue.", "It was at zero instances for 25.0 % of the time."],
        ),
        (
            Kind.ASYNC,
            {"waiting": 5},
            {"arrivals": 1_001, "unfinished": 1, "still_waiting": 5, "oldest_waiting": 2_000.0},
            [
                f"{QUEUE.format('5 requests')}, and the queue was not getting shorter: the endpoint does not keep up.",
                "1 request was left when the simulation ended, 10 min after the traffic.",
            ],
        ),
        (
            Kind.ASYNC,
            {"waiting": 5},
            {"still_waiting": 1, "oldest_waiting": 2_000.0},
            [f"{QUEUE.format('1 request')}.", "The last request was processed 10 min after the traffic ended."],
        ),
    ],
)
def test_what_is_found_beside_the_headline(kind, columns, totals, findings):
    """An hour is simulated; the traffic ends ten minutes before."""
    result = changed(day(), **columns)
    result = replace(result, kind=kind.value, traffic_duration=3_000.0, totals=replace(result.totals, **totals))
    assert list(verdict(result, target=TRACKED).findings) == findings


AN_HOUR = ScalableTarget(1, 9, (tracking(out=3_600.0),))
HIGH, LOW = (f"TargetTracking-concurrency-Alarm{end}" for end in ("High", "Low"))
ON, OFF = (State.OK, State.ALARM), (State.ALARM, State.OK)
SCALED = activity(100.0, 1, 2, end=400.0)
METRICS = "their metrics do not show this load"
COOLDOWN = "it had scaled out before, and the scale-out cooldown is 1 h"
NO_MORE = "their alarms went off, but asked for no more instances"


@pytest.mark.parametrize(
    ("target", "alarms", "activities", "reason"),
    [
        (None, [], [], "it has none"),
        (replace(AN_HOUR, policies=()), [], [], "it has none"),
        (replace(AN_HOUR, suspended=Suspended(scale_out=True)), [(300.0, HIGH, *ON)], [], "scaling out is suspended"),
        (replace(AN_HOUR, suspended=Suspended(scale_in=True, scheduled=True)), [], [], METRICS),
        (AN_HOUR, [(300.0, HIGH, *ON)], [SCALED], COOLDOWN),
        (AN_HOUR, [(700.0, HIGH, *ON)], [SCALED], COOLDOWN),
        (AN_HOUR, [(300.0, HIGH, *ON), (650.0, HIGH, *OFF)], [SCALED], COOLDOWN),
        (AN_HOUR, [(300.0, HIGH, *ON), (500.0, HIGH, *OFF)], [SCALED], METRICS),
        (AN_HOUR, [(300.0, LOW, *ON)], [SCALED], METRICS),
        (AN_HOUR, [(1_800.0, HIGH, *ON)], [SCALED], METRICS),  # after the stretch
        (TRACKED, [(300.0, HIGH, *ON)], [replace(SCALED, end=-300.0)], NO_MORE),  # its 15 min have passed
        (TRACKED, [(300.0, HIGH, *ON)], [replace(SCALED, end=-299.0)], COOLDOWN.replace("1 h", "15 min")),
        (AN_HOUR, [(300.0, HIGH, *ON)], [replace(SCALED, time=1_800.0)], NO_MORE),
        (AN_HOUR, [(300.0, HIGH, *ON)], [replace(SCALED, end=None)], NO_MORE),
        (AN_HOUR, [(300.0, HIGH, *ON)], [replace(SCALED, policy="other")], NO_MORE),
        (AN_HOUR, [(300.0, HIGH, *ON)], [replace(SCALED, before=3)], NO_MORE),
        (AN_HOUR, [(300.0, HIGH, *ON)], [replace(SCALED, before=None, desired=None)], NO_MORE),
    ],
)  # fmt: skip
def test_why_no_policy_scaled_out(target, alarms, activities, reason):
    """It is overloaded from 10 to 30 minutes."""
    result = changed(day(), demand=(5,) * 10 + (30,) * 20 + (5,) * 30)
    transitions = tuple(Transition(*alarm) for alarm in alarms)
    result = replace(result, transitions=transitions, activities=tuple(activities))
    stretch, why = verdict(result, target=target).findings[1].split(", and no policy scaled out: ")
    assert (stretch, why) == ("It was overloaded for about 20 min without a break", f"{reason}.")


def test_a_cooldown_is_named_where_it_keeps_a_tracking_policy_from_scaling_out():
    slots = (Pool("ml.g5.xlarge", 1, 10.0),)
    endpoint = Endpoint("speech", "AllTraffic", Kind.REALTIME, slots, 1, AN_HOUR)
    result = simulate(endpoint, parse_traffic("step:top=70,after=1,days=0.2").traffic, start=MONDAY)
    assert f"no policy scaled out: {COOLDOWN}." in " ".join(verdict(result, target=AN_HOUR).findings)


@pytest.mark.parametrize(
    ("amount", "allowed", "times"), [(0, 0, 0.0), (3, 0, 4.0), (3, 2, 1.5), (0, 2, 0.0), (5, float("inf"), 0.0)]
)
def test_what_is_not_allowed_at_all_is_more_than_once_too_much(amount, allowed, times):
    assert multiple(amount, allowed) == times


def test_a_little_overload_strains():
    assert verdict(changed(day(), rows=1000, demand=(30,) * 5 + (5,) * 995)).level is Level.STRAINED


def test_lost_work_counts():
    result = changed(day())
    lost = replace(result, totals=replace(result.totals, served=990, refused=10))
    found = verdict(lost)
    assert found.level is Level.STRAINED
    assert found.headline == "It is strained: 1 % of the requests are lost, 10 in all."
    assert "99.0 % of 1,000 requests served, 10 lost" in found.sentence


@pytest.mark.parametrize("kind", Kind)
def test_a_request_that_scale_in_cuts_off_is_one_that_failed(kind):
    result = replace(changed(day()), kind=kind.value)
    cut = replace(result, duration=43_200.0, totals=replace(result.totals, served=994, cut=6))
    found = verdict(cut)
    assert (found.level, found.cut_per_day) == (Level.STRAINED, 12.0)
    told = "0.6 % of the requests, 12 a day, if SageMaker ends them 30 s after it removes their instance"
    assert found.headline == f"It is strained: scale-in cuts off {told} (an assumption)."
    assert "99.4 % of 1,000 requests served, 6 cut off by scale-in" in found.sentence
    assert not any("cut" in finding for finding in found.findings)
    lost = verdict(replace(cut, totals=replace(cut.totals, served=974, refused=20)))
    assert "lost" in lost.headline
    assert f"Scale-in cuts off {told} (an assumption)." in lost.findings


def test_the_largest_harm_comes_first():
    result = changed(day())
    both = replace(result, totals=replace(result.totals, served=985, refused=5, cut=10))
    assert verdict(both).headline.startswith("It fails: scale-in cuts off 1 % of the requests")
    lost = replace(result, totals=replace(result.totals, served=994, refused=5, cut=1))
    assert verdict(lost).headline == "It is strained: 0.5 % of the requests are lost, 5 in all."
    one = replace(result, totals=replace(result.totals, served=999, cut=1))
    assert verdict(one).headline.startswith("It holds, but scale-in cuts off 0.1 % of the requests, 24 a day")
    few = replace(result, totals=replace(result.totals, served=996, refused=1, cut=3))
    assert verdict(few, CutLimit.parse("any")).headline.startswith("It holds, but scale-in cuts off 0.3 %")
    over = replace(result, totals=replace(result.totals, overload_seconds=20.0))
    assert verdict(over).headline == "It is strained: the demand is above the capacity for 0.56 % of the time."
    assert verdict(result).headline == "It holds."


@pytest.mark.parametrize(
    ("text", "cut", "days", "level"),
    [
        ("0", 1, 1, Level.STRAINED),
        ("0", 0, 1, Level.HOLDS),
        ("2", 4, 2, Level.HOLDS),
        ("2", 5, 2, Level.STRAINED),
        ("2%", 20, 1, Level.HOLDS),
        ("2 %", 21, 1, Level.FAILS),
        ("any", 900, 1, Level.HOLDS),
    ],
)
def test_more_or_less_may_be_cut_off(text, cut, days, level):
    result = changed(day())
    totals = replace(result.totals, served=1000 - cut, cut=cut)
    found = verdict(replace(result, totals=totals, duration=days * 86_400.0), CutLimit.parse(text))
    assert found.level is level
    assert (found.distance == 0) == (level is Level.HOLDS)
    assert found.headline.startswith("It holds" if level is Level.HOLDS else f"It {level.words}: scale-in cuts off")


@pytest.mark.parametrize("text", ["", "-1", "nan", "few", "%", "inf"])
def test_a_limit_is_a_number_or_a_share(text):
    with pytest.raises(
        ScaleproofError, match=r"is not a limit for requests that scale-in cuts off\. Write a number of requests a day"
    ):
        CutLimit.parse(text)


def test_what_is_in_flight_at_the_end_is_neither_served_nor_lost():
    result = changed(day())
    flying = replace(result, totals=replace(result.totals, served=792, unfinished=208))
    assert "100 % of 792 requests served" in verdict(flying).sentence
    assert Outcome.from_result(ENDPOINT, flying, {}).served == "100 %"
    assert "208 requests were still in flight or waiting at the end." in verdict(flying).findings
    none = replace(result, totals=replace(result.totals, served=0, unfinished=1000))
    assert verdict(none).sentence == "1,000 requests came, and none ended."
    assert Outcome.from_result(ENDPOINT, none, {}).served == "-"


@pytest.mark.parametrize(
    ("kind", "assumed", "told"),
    [
        (Kind.REALTIME, [], "30 s after scale-in removes their instance (as AWS documents for a lower count"),
        (Kind.REALTIME, ["stop_grace_seconds=1800"], "30 min after scale-in removes their instance (set with"),
        (Kind.ASYNC, [], "30 min after scale-in removes their instance (a guess: AWS does not document it)"),
    ],
)
def test_what_it_hangs_on_stands_beneath(kind, assumed, told):
    result = replace(changed(day()), kind=kind.value)
    cut = replace(result, totals=replace(result.totals, served=999, cut=1))
    endpoint, model = replace(ENDPOINT, kind=kind), parse(assumed)
    assert any(told in sentence for sentence in Outcome.from_result(endpoint, cut, {}, model).beneath)
    assert len(Outcome.from_result(endpoint, result, {}, model).beneath) == 1


@pytest.mark.parametrize(
    ("suspended", "first"),
    [
        ((True, True, True), "Suspended: scaling in, scaling out, scheduled actions."),
        ((False, False, True), "Suspended: scheduled actions."),
        ((False, False, False), "Assumed"),
    ],
)
def test_what_is_suspended_stands_beneath(suspended, first):
    endpoint = replace(ENDPOINT, target=replace(TRACKED, suspended=Suspended(*suspended)))
    assert Outcome.from_result(endpoint, day(), {}).beneath[0].startswith(first)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Kind.REALTIME, "5 (2 refused, 3 expired)"),
        (Kind.ASYNC, "5 (2 refused, 3 expired, 0 left in the queue)"),
    ],
)
def test_what_is_lost_is_told_by_what_became_of_it(kind, told):
    result = replace(changed(day()), kind=kind.value)
    result = replace(result, totals=replace(result.totals, refused=2, expired=3, cut=7))
    outcome = Outcome.from_result(ENDPOINT, result, {})
    assert numbers(outcome)["lost"] == told


def test_an_asynchronous_endpoint_may_queue():
    result = replace(changed(day(), demand=30), kind=Kind.ASYNC.value)
    found = verdict(result)
    assert found.level is Level.HOLDS
    assert "95 % waited for up to 0 s, all for up to 58 s" in found.sentence


FILES = Endpoint("speech", "AllTraffic", Kind.ASYNC, (Pool("ml.g6.2xlarge", 1, 4),), 1, None)
"""One instance that takes four files at a time."""


def queued(every, hours, *, seconds=40.0, quiet=0.0):
    """A file every so many seconds, then `quiet` hours without any. Of 40 s each, one every 10 s fits."""
    arrivals = [(index * every, seconds) for index in range(round(hours * 3600 / every))]
    traffic = Traffic.from_arrivals(arrivals, work=Work.FILE, duration=(hours + quiet) * 3600)
    return simulate(FILES, traffic, start=MONDAY)


@pytest.mark.parametrize("hours", [0.5, 4.0])
def test_seven_times_the_capacity_does_not_hold(hours):
    """Half an hour of it is worked off before anything expires; of four hours not even half is."""
    result = queued(10.0 / 7, hours)
    found, totals = verdict(result), result.totals
    assert found.level is Level.FAILS
    assert totals.still_waiting > 0.8 * totals.arrivals
    assert totals.expired == lost(result) == pytest.approx(0.0 if hours < 1 else 6_480.0, rel=0.01)
    assert totals.unfinished == 0
    assert "the queue was not getting shorter: the endpoint does not keep up" in " ".join(found.findings)


def test_what_never_leaves_zero_does_not_hold():
    """A batch at once that nothing wakes the endpoint for: all of it expires."""
    batch = Traffic.from_arrivals([(600.0, 60.0)] * 50, work=Work.FILE, duration=7_200.0)
    result = simulate(replace(FILES, initial=0), batch, start=MONDAY)
    assert (verdict(result).level, lost(result)) == (Level.FAILS, 50)
    assert result.totals.waiting.p50 == pytest.approx(21_600.0, rel=0.011)


@pytest.mark.parametrize(("quiet", "more"), [(0.0, 1_200.0), (0.5, 0.0)])
def test_a_queue_is_simulated_until_it_is_empty(quiet, more):
    """The work of 40 minutes, which comes in half of them."""
    result = queued(5.0, 1 / 3, quiet=quiet)
    found, totals = verdict(result), result.totals
    assert (found.level, lost(result), totals.served, totals.unfinished) == (Level.HOLDS, 0, 240, 0)
    assert found.sentence.endswith("; 95 % waited for up to 18 min 40 s, all for up to 19 min 40 s.")
    assert result.duration - result.traffic_duration == pytest.approx(more, abs=20)
    assert totals.instance_seconds["ml.g6.2xlarge"] == result.duration
    outcome = Outcome.from_result(FILES, result, {"ml.g6.2xlarge": 1.0})
    assert outcome.cost_a_month == pytest.approx(outcome.cost.usd * 730 / (1 / 3 + quiet))


def test_a_queue_that_gets_shorter_when_the_traffic_ends_holds():
    result = queued(10.0 / 5, 1.0, quiet=1.0)
    found = verdict(result)
    assert (found.level, lost(result)) == (Level.HOLDS, 0)
    assert found.findings == (
        "When the traffic ended, 1,079 requests waited, the oldest for 1 h 36 min.",
        "The last request was processed 3 h after the traffic ended.",
    )


def test_what_is_left_a_day_after_the_traffic_is_lost():
    batch = Traffic.from_arrivals([(600.0, 60.0)] * 50, work=Work.FILE, duration=7_200.0)
    patient = parse(["request_ttl=1e6"])
    result = simulate(replace(FILES, initial=0), batch, start=MONDAY, behaviour=patient.behaviour)
    found = verdict(result)
    assert (found.level, lost(result), result.duration - result.traffic_duration) == (Level.FAILS, 50, 86_400)
    assert "50 requests were left when the simulation ended, 1 d after the traffic." in found.findings


def test_what_came_just_before_the_end_says_nothing():
    """20 minutes before the end; the endpoint has held for six hours."""
    late = [(index * 20.0, 40.0) for index in range(1_020)] + [(20_400.0, 40.0)] * 500
    result = simulate(FILES, Traffic.from_arrivals(late, work=Work.FILE, duration=21_600.0), start=MONDAY)
    assert result.totals.still_waiting > 300
    assert verdict(result).level is Level.HOLDS


@pytest.mark.parametrize(
    ("oldest", "waiting", "left", "late"),
    [
        (1_800.0, (0,) * 60, 10, 0),  # half of the hour
        (1_801.0, (0,) * 60, 10, 10),
        (2_400.0, (50,) * 40 + (10,) + (50,) * 19, 10, 10),  # twenty minutes ago there were as many
        (2_400.0, (50,) * 40 + (11,) + (0,) * 19, 10, 0),
        (3_540.0, (50,) * 30 + (10,) + (50,) * 29, 10, 10),
    ],
)
def test_a_queue_that_was_no_shorter_half_of_the_longest_wait_ago_is_not_kept_up_with(oldest, waiting, left, late):
    result = replace(changed(day(), waiting=waiting), kind=Kind.ASYNC.value, traffic_duration=3_600.0)
    totals = replace(result.totals, oldest_waiting=oldest, still_waiting=left)
    assert behind(replace(result, totals=totals)) == late
    assert behind(replace(result, totals=totals, kind=Kind.REALTIME.value)) == 0


def test_time_at_zero_is_told():
    result = replace(changed(day(), desired=(0,) * 30 + (1,) * 30), kind=Kind.ASYNC.value)
    assert "It was at zero instances for 50.0 % of the time." in verdict(result).findings


def test_prices():
    check_prices({}, ["a", "b"])
    with pytest.raises(
        ScaleproofError, match=r"no price for b\. Set one for each type, in USD per instance and hour, or for none\."
    ):
        check_prices({"a": 1.0}, ["a", "b"])
