"""What takes the work, which settings an endpoint can have, and what goes where."""

from dataclasses import replace

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Traffic, Work
from scaleproof.simulation.demand import offered
from scaleproof.studies.compare import Comparison, Entry, changed
from scaleproof.studies.inputs import configured
from scaleproof.studies.outcome import Outcome
from scaleproof.studies.run import assign
from scaleproof.studies.shape import Shape, feasible
from scaleproof.studies.traffic import TrafficSpec
from tests.unit.studies.made import LIVE, NO_WAIT, QUEUED, made, outcome


@pytest.mark.parametrize(
    ("shape", "kinds"),
    [
        (Shape(Work.STREAM, 1_800.0), {Kind.REALTIME}),
        (Shape(Work.SYNC, 60.0), {Kind.REALTIME, Kind.ASYNC}),
        (Shape(Work.SYNC, 60.1), {Kind.ASYNC}),
        (Shape(Work.FILE, 60.0, largest=25.0), {Kind.REALTIME, Kind.ASYNC}),
        (Shape(Work.FILE, 60.0, largest=25.1), {Kind.ASYNC}),
        (Shape(Work.FILE, 3_600.0, largest=1_000.0), {Kind.ASYNC}),
        (Shape(Work.FILE, 30.0, within=0.0), {Kind.REALTIME}),
        (Shape(Work.FILE, 30.0, within=1.0), {Kind.REALTIME, Kind.ASYNC}),
    ],
)
def test_a_limit_belongs_to_what_fits(shape, kinds):
    assert set(feasible(shape).kinds) == kinds


@pytest.mark.parametrize(
    ("shape", "fits"),
    [
        (Shape(Work.STREAM, 1_800.0), 1),
        (Shape(Work.SYNC, 60.0, largest=25.0), 4),
        (Shape(Work.SYNC, 60.1, largest=25.1), 2),
        (Shape(Work.FILE, 3_600.0, largest=1_000.0), 2),
    ],
)
def test_what_fits_is_said_to_fit(shape, fits):
    said = [reason for reason in feasible(shape).reasons if reason.meaning == "It fits."]
    assert len(said) == fits
    assert {reason.rules_out for reason in said} == {None}


@pytest.mark.parametrize(
    ("within", "yours", "said"),
    [
        (0.0, "at once", "The answer is needed at once, so a queue does not fit."),
        (1.0, "within 1 s", "The answer may come later."),
        (None, "whenever", "The answer may come later."),
    ],
)
def test_whether_an_answer_may_wait_is_said(within, yours, said):
    reasons = feasible(Shape(Work.FILE, 30.0, within=within)).reasons
    assert [(reason.yours, reason.meaning) for reason in reasons if "a queue and S3" in reason.limit] == [(yours, said)]


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (Shape(Work.STREAM, 1_801.0), "Your streams last up to 30 min 1 s; SageMaker ends them after 30 min"),
        (Shape(Work.FILE, 3_601.0), "An asynchronous request takes up to 1 h; yours takes 1 h"),
        (Shape(Work.FILE, 61.0, within=0.0), "has 1 min to answer; yours needs up to 1 min 1 s"),
        (Shape(Work.FILE, 30.0, largest=1_001.0), "An asynchronous request has up to 1 GB, not 1001 MB"),
    ],
)
def test_beyond_the_limits_nothing_takes_it(shape, reason):
    with pytest.raises(ScaleproofError, match=f"No endpoint takes this work.*{reason}"):
        feasible(shape)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("target=4", [{"target": 4.0}, {"target": 6.0}]),  # in proportion
        ("scale_out_cooldown=30", [{"scale_out_cooldown": 30}] * 2),
        ("scale_in_cooldown=900", [{"scale_in_cooldown": 900}] * 2),
    ],
)
def test_a_change_is_to_that_setting_of_every_tracking_policy(text, changes):
    found = changed(LIVE, text).endpoint.target
    assert found
    assert LIVE.target
    expected = zip(LIVE.target.policies, [*changes, {}], strict=True)
    assert found.policies == tuple(replace(policy, **change) for policy, change in expected)


@pytest.mark.parametrize(
    ("settings", "bounds", "initial"),
    [
        ({"max": 4}, (2, 4), 4),
        ({"min": 7}, (7, 20), 7),
        ({"min": 1, "max": 30}, (1, 30), 5),
    ],
)
def test_new_bounds_take_the_initial_count_with_them(settings, bounds, initial):
    found = configured(LIVE, settings)
    assert found.target
    assert (found.target.min, found.target.max, found.initial) == (*bounds, initial)


@pytest.mark.parametrize(("endpoint", "settings"), [(LIVE, {"min": 0}), (LIVE, {"min": 21}), (QUEUED, {"max": 0})])
def test_bounds_that_an_endpoint_cannot_have(endpoint, settings):
    with pytest.raises(ScaleproofError, match="cannot have bounds"):
        configured(endpoint, settings)


def test_an_asynchronous_endpoint_may_be_empty():
    found = configured(QUEUED, {"min": 0})
    assert found.target
    assert found.target.min == 0


@pytest.mark.parametrize(("now", "told"), [({}, False), ({"ml.g6.2xlarge": 5}, False), ({"ml.g6.2xlarge": 9}, True)])
def test_a_live_endpoint_starts_with_its_initial_count_and_says_so(now, told):
    found = Outcome.from_result(replace(LIVE, instances=now), made(), {}).beneath
    assert (
        any(one.startswith("It starts with 5 instances, its initial count, not with the 9 of") for one in found) == told
    )
    assert any("compare --change initial_instance_count=9" in one for one in found) == told
    assert configured(LIVE, {"initial": 9}).initial == 9


def entry(name, kind, hours, **totals):
    return Entry(name, "", outcome(made(kind, **totals), hours))


@pytest.mark.parametrize(
    ("kind", "mine", "other"),
    [
        (Kind.REALTIME, "above capacity for 10 min, 1 request lost, 12 cut off a day", "above capacity for 20 min"),
        (Kind.ASYNC, "95 % waited up to 30 s", "95 % waited up to 50 s"),
    ],
)
@pytest.mark.parametrize(
    ("hours", "relation"),
    [(15.0, "50 % more"), (5.0, "50 % fewer"), (10.0, "as many")],
)
def test_a_summary_compares_pain_and_cost(kind, mine, other, hours, relation):
    harms = {"refused": 1, "cut": 12} if kind is Kind.REALTIME else {}
    first = {"overload_seconds": 600.0, "waiting": replace(NO_WAIT, p95=30.0), **harms}
    second = {"overload_seconds": 1_200.0, "waiting": replace(NO_WAIT, p95=50.0)}
    comparison = Comparison.from_contenders(
        replace(LIVE, kind=kind),
        "x",
        (entry("as configured", kind, 10.0, **first), entry("rival", kind, hours, **second)),
    )
    assert comparison.summary == (
        f"As configured: {mine}, with 10.0 instance-hours.",
        f"Rival: {other}, with {relation} instance-hours.",
    )


@pytest.mark.parametrize(
    ("arrival", "seconds", "expected"),
    [
        (0.0, 10.0, [1, 0, 0]),
        (0.0, 10.1, [1, 1, 0]),
        (10.0, 10.0, [0, 1, 0]),
        (10.1, 10.0, [0, 1, 1]),
        (12.0, 3.0, [0, 1, 0]),  # between two samples
        (12.0, 0.0, [0, 0, 0]),
        (5.0, 100.0, [1, 1, 1]),
    ],
)
def test_a_request_counts_where_it_is_in_flight(arrival, seconds, expected):
    assert list(offered(Traffic.from_arrivals([(arrival, seconds)], duration=30.0))) == expected


@pytest.mark.parametrize(
    ("endpoint", "work", "seconds", "said"),
    [
        (LIVE, Work.STREAM, 1_800.0, None),
        (LIVE, Work.STREAM, 1_801.0, ".* SageMaker ends them after 30 min. Reopen streams before the limit"),
        (LIVE, Work.SYNC, 60.0, None),
        (
            LIVE,
            Work.FILE,
            61.0,
            "A real-time model has 1 min to answer; yours needs up to 1 min 1 s. Send it to an asynchronous endpoint",
        ),
        (QUEUED, Work.FILE, 3_600.0, None),
        (QUEUED, Work.SYNC, 3.0, None),
        (QUEUED, Work.FILE, 3_601.0, ".* Split files into smaller ones, or take the answer later"),
        (
            QUEUED,
            Work.STREAM,
            60.0,
            ".* does not stream. Send it to a real-time endpoint, or say what it is, as in work=file",
        ),
        (QUEUED, Work.STREAM, 1_801.0, ".* Reopen streams before the limit, or say what it is, as in work=file"),
    ],
)
def test_work_goes_only_where_sagemaker_takes_it(endpoint, work, seconds, said):
    traffic = TrafficSpec("x", Traffic.from_arrivals([(0.0, 1.0), (5.0, seconds)], work=work), endpoint="speech")
    if said is None:
        assert assign([endpoint], [traffic]) == [(endpoint, traffic)]
        return
    with pytest.raises(ScaleproofError, match=f"^SageMaker refuses this work at speech. {said}. Source: "):
        assign([endpoint], [traffic])


@pytest.mark.parametrize(
    ("endpoints", "works", "paired"),
    [
        ([LIVE], [Work.FILE], [("speech", Work.FILE)]),  # there is no other choice
        ([LIVE, QUEUED], [Work.FILE, Work.STREAM, Work.SYNC], [("speech", Work.STREAM), ("queue", Work.FILE)]),
        ([LIVE, QUEUED], [Work.SYNC], [("speech", Work.SYNC)]),
        ([LIVE], [Work.FILE, Work.FILE], None),
        ([LIVE, replace(LIVE, name="other")], [Work.FILE], None),
    ],
)
def test_an_endpoint_gets_the_first_traffic_of_its_kind(endpoints, works, paired):
    named = [replace(one, name="queue") if one.kind is Kind.ASYNC else one for one in endpoints]
    specs = [TrafficSpec(work.value, Traffic.from_arrivals([(0.0, 1.0)], work=work)) for work in works]
    if paired is None:
        with pytest.raises(ScaleproofError, match="No traffic is for speech"):
            assign(named, specs)
    else:
        assert [(one.name, spec.traffic.work) for one, spec in assign(named, specs)] == paired
