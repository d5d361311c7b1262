"""What scale-in does to live streams, and what helps: the advice of docs/traps.md, simulated as it stands."""

import os
import re
from dataclasses import replace

import pytest

from scaleproof.endpoints import from_plan
from scaleproof.scaling.endpoint import Suspended
from scaleproof.simulation import Traffic
from tests.plan.planner import IMAGE, REPOSITORY

from .traffic import HOUR, MINUTE, changes, simulated, streams, with_policies

LONG = 25.0
"""Minutes of a stream."""
FEW = [stream for hour in range(5, 20) for stream in streams(20, LONG, at=hour * HOUR, over=HOUR)]
WAVES = [stream for hour in (8, 12, 16) for stream in streams(60, LONG, at=hour * HOUR, over=10 * MINUTE)]
DAY = Traffic.from_arrivals(sorted(FEW + WAVES), duration=28 * HOUR)
"""Some callers from five to eight, UTC, with three waves among them; nobody at night."""
EVENING = Traffic.from_arrivals(
    [
        stream
        for step in range(20)
        for stream in streams(60 - 3 * step, LONG, at=HOUR + step * LONG * MINUTE, over=LONG * MINUTE)
    ],
    duration=12 * HOUR,
)
"""60 callers at first, and three fewer every 25 minutes."""


@pytest.fixture(scope="module")
def advised(plan, tmp_path_factory):
    """The endpoint of examples/scheduled with `realtime` as docs/traps.md has it for streams."""
    page = (REPOSITORY / "docs" / "traps.md").read_text()
    section = page.split("\n### Scale-in cuts live streams\n")[1].split("\n### ")[0]
    (block,) = re.findall(r"```hcl\n.*?^(  realtime = \{\n.*?^  \}\n)\}\n```", section, flags=re.DOTALL | re.MULTILINE)
    directory = tmp_path_factory.mktemp("streams")
    source = os.path.relpath(REPOSITORY, directory.resolve())
    for file in (REPOSITORY / "examples" / "scheduled").glob("*.tf"):
        text = file.read_text().replace('"../.."', f'"{source}"')
        text = re.sub(r"^  realtime = \{\n.*?^  \}\n", block, text, flags=re.DOTALL | re.MULTILINE)
        (directory / file.name).write_text(text)
    (found,) = from_plan(plan(directory, region="us-east-1", image=IMAGE))
    return found


@pytest.fixture(scope="module")
def plain(advised):
    """The same without suspension and schedules."""
    assert advised.target is not None
    return replace(advised, target=replace(advised.target, schedules=(), suspended=Suspended()))


def instances_taken(result):
    """The hours at which instances were taken away."""
    return [one.time / HOUR for one in changes(result) if (one.desired or 0) < (one.before or 0)]


def test_scale_in_takes_instances_away_under_streams(plain):
    """After each wave the few who still speak are spread over instances that go."""
    result = simulated(plain, DAY)
    assert len(instances_taken(result)) >= 3
    assert result.totals.cut > 10


def test_scale_in_at_a_quiet_time_only_cuts_nobody(advised):
    """Three o'clock in Berlin is two in UTC: the second night takes what the day has added."""
    result = simulated(advised, DAY)
    assert instances_taken(result) == [26.0]
    assert result.totals.peak_instances == 12
    assert result.timeline.desired[-1] == 4
    assert result.totals.cut == 0


def test_it_is_the_suspension_that_keeps_them_by_day(advised):
    assert advised.target is not None
    resumed = replace(advised, target=replace(advised.target, suspended=Suspended()))
    result = simulated(resumed, DAY)
    assert len(instances_taken(result)) >= 3
    assert result.totals.cut > 10


def test_a_longer_cooldown_cuts_fewer_streams_as_traffic_tails_off(plain):
    """By the numbers on the page; after waves that end at once it is no help."""
    short, long = (with_policies(plain, scale_in_cooldown=seconds) for seconds in (300.0, 1800.0))
    often, seldom = (simulated(one, EVENING).totals for one in (short, long))
    assert (often.cut, seldom.cut) == (79, 47)
    assert sum(seldom.instance_seconds.values()) < 1.035 * sum(often.instance_seconds.values())
    assert len({simulated(one, DAY).totals.cut for one in (short, long)}) == 1
