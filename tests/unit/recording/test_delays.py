"""Delays that are fitted to scale-outs of a simulation, whose delays are known."""

import pytest

from scaleproof.recording.instances import Counts, fit
from scaleproof.recording.recording import record
from scaleproof.scaling.autoscaling import Status
from scaleproof.simulation import Behaviour, Delay
from tests.unit.recording.truth import START, STREAMS, Account, change, happened, waves

COUNTS = Counts(((0.0, 2), (300.0, 3), (360.0, 4), (900.0, 2)), "samples", 60.0)


def fitted(found):
    """Median and spread of provisioning, and of start-up."""
    return [[float(number) for number in word.partition("=")[2].split("/")] for word in found.assume]


def test_of_a_simulation():
    behaviour = Behaviour(provisioning=Delay(200.0, 0.2), start_up=Delay(100.0, 0.2))
    truth = happened(STREAMS, waves(12, 60, 120), behaviour)
    found = record(Account(truth.data, truth.activities), STREAMS, START, truth.end, truth.end).delays
    assert found is not None
    assert found.scale_outs >= 8
    # Of the simulation, instances are counted when they are in service.
    (provisioning, spread), (start_up, *_) = fitted(found)
    assert provisioning + start_up == pytest.approx(300, rel=0.12)
    assert spread == pytest.approx(0.15, abs=0.07)


def test_a_scale_out_that_began_before_is_not_fitted():
    """Its request is not in the window, so how long it took is not known."""
    truth = happened(STREAMS, waves(12, 60, 120), Behaviour(provisioning=Delay(200.0), start_up=Delay(100.0)))
    first = min(truth.activities, key=lambda activity: activity.start)
    account = Account(truth.data, truth.activities)
    whole = record(account, STREAMS, START, truth.end, truth.end).delays
    later = record(account, STREAMS, first.start + 90, truth.end, truth.end).delays
    assert whole is not None
    assert later is not None
    assert later.scale_outs == whole.scale_outs - 1


@pytest.mark.parametrize(
    ("activities", "provisioning", "start_up"),
    [
        # Seen in the periods from 300 s and 360 s on: 230 s and 290 s after the request; done 110 s later.
        ([change(100.0, 500.0, 4)], "258/0.12", "110"),
        # The last one may be counted after the activity is done, after 240 s.
        ([change(100.0, 340.0, 4)], "235/0.02", "0"),
        # Of each that is not seen in time, the whole time counts: twice 250 s and once 100 s.
        ([change(40.0, 290.0, 4), change(400.0, 500.0, 5)], "184/0.43", "0"),
        # One that serves as soon as it is counted starts up in no time.
        ([change(100.0, 330.0, 3)], "230", "0"),
        ([change(100.0, 330.5, 3)], "230", "0.5"),
        # 3 are counted from 300 s on, but were there at 290 s; the fourth is seen at 390 s.
        ([change(40.0, 290.0, 3), change(295.0, 500.0, 4)], "154/0.48", "110"),
    ],
)
def test_each_new_instance_counts(activities, provisioning, start_up):
    found = fit(activities, COUNTS)
    assert found is not None
    assert found.assume == (f"provisioning={provisioning}", f"start_up={start_up}")
    assert (found.scale_outs, found.resolution) == (len(activities), 60.0)


def test_without_a_count_of_them_it_is_all_provisioning():
    found = fit([change(100.0, 500.0, 4)], Counts(((0.0, 2),), "DescribeEndpoint", 0.0))
    assert found is not None
    assert found.assume == ("provisioning=400", "start_up=0")


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
