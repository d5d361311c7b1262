"""What a change of the configuration does, beside what was before it."""

from dataclasses import replace

import pytest

from scaleproof.report.blocks import Sentence, Table
from scaleproof.report.simulation import simulation_blocks
from scaleproof.simulation import Cause
from scaleproof.studies.baseline import rows
from scaleproof.studies.outcome import Outcome, numbers
from tests.unit.simulation.endpoints import asynchronous, realtime, tracking, wake_up, weighted

from .made import ENDPOINT, PRICES, day, outcome

HOURS = day().totals.instance_seconds
FAILS, UNPRICED = outcome(), outcome(prices={})
HOLDS = outcome(refused=0, unfinished=0, overload_seconds=0.0, overload=dict.fromkeys(Cause, 0.0))
DEAR = outcome(prices=dict.fromkeys(PRICES, 2.9))
LONGER = outcome(prices={}, instance_seconds={kind: 1.5 * seconds for kind, seconds in HOURS.items()})


def sentences(report):
    return [block.text for block in report.blocks if isinstance(block, Sentence)]


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (FAILS, DEAR, "It fails, as before: $219.46 more, +115 %."),
        (UNPRICED, DEAR, "It fails, as before: as many instance-hours."),
        (DEAR, UNPRICED, "It fails, as before: as many instance-hours."),
        (UNPRICED, LONGER, "It fails, as before: 70.8 instance-hours more, +50 %."),
        (FAILS, HOLDS, "It holds, where it failed before: at the same cost."),
        (HOLDS, FAILS, "It fails, where it held before: at the same cost."),
    ],
)
def test_what_a_change_does_to_verdict_and_bill_is_said(was, now, said):
    assert sentences(simulation_blocks([now], [was])) == [said]


def test_what_is_new_and_what_is_gone_is_said():
    assert sentences(simulation_blocks([FAILS], [], ["old"])) == ["speech-realtime is new.", "old is gone."]
    assert sentences(simulation_blocks([FAILS])) == []


def test_numbers_stand_beside_those_before():
    def table(*reports):
        blocks = simulation_blocks(*reports).blocks
        return next(block for block in blocks if isinstance(block, Table) and not block.page_only)

    compared = table([DEAR], [FAILS])
    assert compared.columns == compared.words == ["", "Before", "After"]
    sides = [[cell.text for cell in row.cells] for row in compared.rows]
    assert sides[-2:] == [["cost", "$191.08", "$410.54"], ["cost a month", "$5,812", "$12,487"]]
    for alone in (table([FAILS]), table([FAILS], [])):
        assert alone.columns == ["", "speech-realtime"]
        assert [cell.text for cell in alone.rows[0].cells] == ["requests", "41,204"]


def differing(before, after):
    """The inputs that differ, of outcomes that do not."""
    was, now = (Outcome.from_result(endpoint, day(), {}) for endpoint in (before, after))
    same = {"verdict", *numbers(was)}
    return {row.name: (row.before, row.after) for row in rows(was, now) if row.name not in same}


def test_counts_and_pools_are_compared():
    assert differing(replace(ENDPOINT, initial=3, pools=ENDPOINT.pools[:1]), ENDPOINT) == {
        "initial instances": ("3", "2"),
        "instance_pools": ("ml.g6.2xlarge (12)", "ml.g6.2xlarge (12), ml.g6e.2xlarge (16)"),
    }


def test_what_policies_follow_and_do_is_compared():
    plain, silent = tracking(), tracking(disable_scale_in=True)
    words = "SageMakerVariantConcurrentRequestsPerModelHighResolution at 7.5, cooldowns 60 s out, 300 s in"
    assert differing(realtime(plain), realtime(silent)) == {"policy concurrency": (words, f"{words}, no scale-in")}
    named = replace(plain, metric=weighted("c1 + c2", 7.5).metric)
    assert differing(realtime(plain), realtime(named))["policy concurrency"][1].startswith("c1 + c2 at 7.5")
    woken = wake_up()
    (alarm,) = woken.alarms.values()
    later = replace(woken, alarms={"wake": replace(alarm, evaluation_periods=5)})
    waking = differing(asynchronous(woken), asynchronous(later))
    assert waking["policy wake-up"] == (
        "HasBacklogWithoutCapacity >= 1 in 2 of 2 x 60 s: ChangeInCapacity +1, cooldown 300 s",
        "HasBacklogWithoutCapacity >= 1 in 2 of 5 x 60 s: ChangeInCapacity +1, cooldown 300 s",
    )
