"""What the documentation says about how long it takes: detection, action, start-up, cooldowns, wake-up.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html: evaluated every 10 s
below a period of 60 s and every minute from there on. Responses of real AWS resources, published in
https://github.com/radkawar/stackd (commit 9dc356f5): an alarm on one metric does not look at the last 10 s,
and its action comes 0.15 to 0.18 s after its evaluation.
"""

import pytest

from scaleproof.simulation import Behaviour, Delay, Traffic

from .endpoints import asynchronous, at_once, backlog, pools, realtime, run, tracking, wake_up, weighted

SPIKE = 3_600.0
STREAMS = at_once(40, 1_800.0, SPIKE)


def scaled(result):
    return [activity for activity in result.activities if activity.desired is not None]


@pytest.mark.parametrize("seed", range(20))
def test_a_spike_is_detected_within_a_minute_by_the_high_resolution_metric(seed):
    """Three periods of 10 s, 10 s that are not looked at, and up to 10 s until the alarm is evaluated."""
    result = run(realtime(tracking(), high=8), Traffic.from_arrivals(STREAMS), seed=seed)
    first = scaled(result)[0]
    assert 40.0 <= first.time - SPIKE <= 50.2
    assert (first.before, first.desired, first.status) == (1, 6, "Successful")
    assert first.end == pytest.approx(first.time + 120.0)


@pytest.mark.parametrize("seed", range(20))
def test_by_the_minute_it_takes_three_to_four_minutes(seed):
    """Three periods of 60 s of an expression, and up to 60 s until the alarm is evaluated."""
    policy = weighted("MAX([c1/10, c2/10])", 0.75)
    result = run(realtime(policy, fleet=pools(g6=10, g6e=10), high=8), Traffic.from_arrivals(STREAMS), seed=seed)
    # What becomes readable 5 s after a minute is not seen by an alarm evaluated before that.
    assert 185.0 <= scaled(result)[0].time - SPIKE <= 245.2


def test_where_it_matters_when_a_metric_can_be_read():
    """Up to 10 s late changes nothing for an alarm on one metric, for it does not look at the last 10 s."""

    def detected(delay):
        behaviour = Behaviour(provisioning=Delay(100.0), start_up=Delay(20.0), metric_delay=delay)
        return scaled(run(realtime(tracking(), high=8), Traffic.from_arrivals(STREAMS), behaviour, seed=4))[0].time

    assert detected(0.0) == detected(5.0) == detected(10.0)
    assert detected(30.0) == detected(20.0) + 10.0 == detected(10.0) + 20.0


@pytest.mark.parametrize("seed", range(10))
def test_low_values_scale_in_after_a_quarter_of_an_hour(seed):
    """90 periods of 10 s from when the requests have left, 10 s that are not looked at, and up to 10 s."""
    traffic = Traffic.from_arrivals([*at_once(27, 900.0), (0.0, 3_600.0)])
    result = run(realtime(tracking(), initial=4, high=8), traffic, seed=seed)
    first = scaled(result)[0]
    assert 910.0 <= first.time - 900.0 <= 920.2
    assert (first.before, first.desired) == (4, 1)


def test_what_is_added_counts_until_its_cooldown_ends():
    """Cooldowns run from when the scale-out is complete."""
    growing = [(SPIKE + 2.0 * number, 1_800.0) for number in range(60)]
    result = run(realtime(tracking(7.5, out=600), low=1, high=12), Traffic.from_arrivals(growing), seed=2)
    first, second = [activity for activity in scaled(result) if activity.status == "Successful"][:2]
    assert first.end is not None
    assert first.desired is not None
    assert second.before == first.desired
    # A larger scale-out does not wait for the cooldown, but for the endpoint to take a change.
    assert first.end <= second.time <= first.end + 10.2


@pytest.mark.parametrize("seed", range(10))
def test_an_idle_asynchronous_endpoint_goes_to_zero_after_a_quarter_of_an_hour(seed):
    """15 periods of 60 s with less than 4.5 an instance, 10 s that are not looked at, and up to 60 s."""
    result = run(asynchronous(backlog(), wake_up()), Traffic.from_arrivals([(10.0, 5.0)], duration=3_600.0), seed=seed)
    first = scaled(result)[0]
    assert 900.0 <= first.time <= 970.2
    assert (first.before, first.desired) == (1, 0)
    assert result.timeline.in_service["ml.g6.2xlarge"][-1] == 0


@pytest.mark.parametrize("seed", range(10))
def test_a_backlog_without_capacity_wakes_it_within_three_and_a_half_minutes(seed):
    """Two periods of 60 s in which there was work in every sample, or all of them but the first."""
    result = run(
        asynchronous(backlog(), wake_up(), initial=1),
        Traffic.from_arrivals([(7_200.0, 30.0)], duration=9_000.0),
        seed=seed,
    )
    woken = next(activity for activity in scaled(result) if activity.policy == "wake-up")
    assert 120.0 <= woken.time - 7_200.0 <= 190.2
    assert (woken.before, woken.desired) == (0, 1)
    assert result.totals.served == 1
    assert result.totals.waiting.max == pytest.approx(woken.time + 120.0 - 7_200.0)


def test_start_up_is_drawn_for_every_instance():
    behaviour = Behaviour(provisioning=Delay(180.0, 0.3), start_up=Delay(80.0, 0.3))
    result = run(realtime(tracking(), high=8), Traffic.from_arrivals(STREAMS), behaviour)
    rows = result.timeline.in_service["ml.g6.2xlarge"]
    assert {1, 2, 3, 4, 5, 6} <= set(rows)
