"""The grid that a search walks on: its values, its starts, its bounds."""

import math
from unittest.mock import Mock

import pytest

from scaleproof.scaling.endpoint import Kind
from scaleproof.studies import choose
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.space import Space
from scaleproof.studies.trials import Goal, Score
from scaleproof.studies.verdict import CutLimit
from tests.unit.studies.made import POOLS, plan


@pytest.mark.parametrize("kind", Kind)
def test_starts_and_moves_lie_on_the_grid(kind):
    space = Space(kind, POOLS, 100, plan, 6)
    assert space.values["max"][-1] == 6
    assert space.values["min"][0] == (0 if kind is Kind.ASYNC else 1)
    lows = ({**space.usual, "min": low} for low in space.values["min"])
    for point in (space.usual, space.constant(3), *space.starts(1), *space.starts(6), *lows):
        assert all(value in space.values[name] for name, value in point.items())
        assert set(point) == set(space.values)
        assert point["min"] <= point["max"]
        assert space.endpoint(point) == plan(space.proposal(point))


OUT, IN = (0, 60, 120, 300), (0, 60, 120, 300, 600, 1_800, 3_600, 7_200, 10_800, 14_400)
GRIDS = {
    Kind.REALTIME: (
        {
            "min": [1, 2, 3, 4, 5, 6],
            "max": [1, 2, 3, 4, 5, 6],
            "scale_out_cooldown": [*OUT],
            "scale_in_cooldown": [*IN],
            "target": [0.15, 0.2, 0.25, *(percent / 100 for percent in range(30, 100, 5))],
        },
        {"min": 1, "max": 6, "scale_out_cooldown": 60, "scale_in_cooldown": 300, "target": 0.75},
        {"min": {1, 2}, "target": {0.15, 0.3, 0.45, 0.6, 0.75, 0.9}},
    ),
    Kind.ASYNC: (
        {
            "min": [0, 1, 2, 3, 4, 5, 6],
            "max": [1, 2, 3, 4, 5, 6],
            "scale_out_cooldown": [*OUT],
            "scale_in_cooldown": [*IN],
            "target": [3, 6, 9, 12, 18, 24, 36, 48, 72, 96],
            "wake_instances": [1, 2, 3, 4, 5, 6],
            "wake_periods": [1, 2, 3, 5],
        },
        {
            "min": 0,
            "max": 6,
            "scale_out_cooldown": 300,
            "scale_in_cooldown": 300,
            "target": 12,
            "wake_instances": 1,
            "wake_periods": 2,
        },
        {"min": {0, 2}, "target": {3, 12, 36, 96}, "wake_instances": {1, 2}},
    ),
}


@pytest.mark.parametrize("kind", Kind)
def test_a_search_has_this_grid_and_starts_all_over_it(kind):
    """Where five instances are enough."""
    values, usual, spread = GRIDS[kind]
    space = Space(kind, POOLS, 100, plan, 6)
    assert {name: list(row) for name, row in space.values.items()} == values
    assert space.usual == usual
    constant, second, *points, most = space.starts(5)
    assert (constant, second) == ({**usual, "min": 5, "max": 5}, usual)
    assert most == {**points[0], "min": 3, "target": values["target"][0]}
    spread = {**spread, "scale_in_cooldown": {120, 1_800, 10_800}}
    assert {name: {point[name] for point in points} for name in spread} == spread
    assert len({tuple(point.values()) for point in points}) == len(points) == math.prod(map(len, spread.values()))
    rest = {name: value for name, value in usual.items() if name not in spread}
    for point in points:
        assert {name: point[name] for name in rest} == {**rest, "max": 5, "scale_out_cooldown": 120}


@pytest.mark.parametrize(
    ("kind", "peak", "most"),
    [(Kind.REALTIME, 100, 15), (Kind.ASYNC, 100, 11), (Kind.REALTIME, 1, 2), (Kind.ASYNC, 1, 1)],
)
def test_the_largest_maximum_has_room_for_the_highest_demand_on_the_smallest_type(kind, peak, most):
    """For 1.3 times the requests on 12 each; a real-time endpoint fills its instances to three quarters."""
    assert Space(kind, POOLS, peak, plan, None).values["max"][-1] == most


@pytest.mark.parametrize(
    ("sustained", "invocations", "backlogs"),
    [
        ((0.5, 9.0), 1, [0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0]),
        ((1.9, 9.0), 1, [0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0]),
        ((4.0, 2.5), 2, [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0]),
    ],
)
def test_an_asynchronous_instance_works_on_what_the_smallest_type_sustains(sustained, invocations, backlogs):
    space = Space(Kind.ASYNC, tuple(zip(("a", "b"), sustained, strict=True)), 3, plan, None)
    assert space.proposal(space.usual).invocations == invocations
    assert space.values["target"] == backlogs
    live = Space(Kind.REALTIME, space.pools, 3, plan, None)
    assert live.proposal(live.usual) == Proposal(Kind.REALTIME, live.pools, 1, live.values["max"][-1], 0.75, 60, 300)


@pytest.mark.parametrize(("best", "rooms"), [("constant", {6}), ("usual", set())])
def test_more_room_is_tried_where_a_fleet_that_always_runs_is_the_best_start(best, rooms):
    space, tried = Space(Kind.ASYNC, POOLS, 100, plan, 6), []
    constant = space.constant(4)
    score = Score(constant if best == "constant" else space.usual, 0.0, 1.0)

    def among(first, points, goal):
        tried.extend(points)
        return first

    assert (
        choose._start(space, Mock(start=lambda points, goal: score, among=among), constant, Goal(CutLimit())) is score
    )
    assert {point["max"] for point in tried} == rooms
    assert len({point["min"] for point in tried}) == 3 * len(rooms)
