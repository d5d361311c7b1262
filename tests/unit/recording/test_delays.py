"""Delays that are fitted to scale-outs of a simulation, whose delays are known."""

import pytest

from scaleproof.recording.delays import fit
from scaleproof.recording.instances import Counts
from scaleproof.recording.recording import record
from scaleproof.scaling.autoscaling import Status
from scaleproof.simulation import Behaviour, Delay
from tests.unit.recording.test_recording import STREAMS, waves
from tests.unit.recording.truth import START, Account, change, happened

COUNTS = Counts(((0.0, 2), (300.0, 3), (360.0, 4), (900.0, 2)), "samples", 60.0)


def test_of_a_simulation():
    behaviour = Behaviour(provisioning=Delay(200.0, 0.2), start_up=Delay(100.0, 0.2))
    truth = happened(STREAMS, waves(12, 60, 120), behaviour)
    found = record(Account(truth.data, truth.activities), STREAMS, START, truth.end, truth.end).delays
    assert found is not None
    assert found.scale_outs >= 8
    # Of the simulation, instances are counted when they are in service.
    assert found.provisioning.median + found.start_up.median == pytest.approx(300, rel=0.12)
    assert found.provisioning.spread == pytest.approx(0.15, abs=0.07)


def test_each_new_instance_counts():
    found = fit([change(100.0, 500.0, 4)], COUNTS)
    assert found is not None
    # Seen in the periods from 300 s and 360 s on: 230 s and 290 s after the request; done 110 s later.
    assert found.provisioning.median == pytest.approx((230 * 290) ** 0.5, rel=0.01)
    assert found.start_up == Delay(110.0)
    assert found.assume == ("provisioning=258/0.12", "start_up=110")


def test_the_last_one_may_be_counted_after_the_activity_is_done():
    found = fit([change(100.0, 340.0, 4)], COUNTS)
    assert found is not None
    assert found.provisioning.median == pytest.approx((230 * 240) ** 0.5, rel=0.01)
    assert found.start_up == Delay(0.0)


def test_an_instance_that_serves_as_soon_as_it_is_counted_starts_up_in_no_time():
    found = fit([change(100.0, 330.0, 3)], COUNTS)
    assert found is not None
    assert (found.provisioning, found.start_up) == (Delay(230.0), Delay(0.0))


def test_what_the_activity_before_added_is_not_added_again():
    found = fit([change(40.0, 290.0, 3), change(295.0, 500.0, 4)], COUNTS)
    assert found is not None
    # 3 are counted from 300 s on, but were there at 290 s; the fourth is seen at 390 s.
    assert found.provisioning.median == pytest.approx((250 * 95) ** 0.5, rel=0.01)
    assert found.scale_outs == 2


def test_without_a_count_of_them_it_is_all_provisioning():
    found = fit([change(100.0, 500.0, 4)], Counts(((0.0, 2),), "DescribeEndpoint", 0.0))
    assert found is not None
    assert (found.provisioning, found.start_up) == (Delay(400.0), Delay(0.0))


@pytest.mark.parametrize(
    "one",
    [
        change(100.0, 500.0, 1),
        change(100.0, 500.0, 2),
        change(100.0, None, 4, Status.IN_PROGRESS),
        change(100.0, 500.0, 4, Status.FAILED),
        change(100.0, 500.0, 4, Status.UNFULFILLED),
    ],
)
def test_what_is_no_finished_scale_out(one):
    assert fit([one], COUNTS) is None
