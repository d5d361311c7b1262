"""Which instance types the instances of a variant are placed on."""

from __future__ import annotations

from scaleproof.scaling.endpoint import Pool, place

POOLS = [Pool("ml.g6e.2xlarge", 2), Pool("ml.g6.2xlarge", 1), Pool("ml.g5.2xlarge", 3)]


def test_the_first_priority_takes_all_while_there_is_capacity() -> None:
    assert place(POOLS, {}, 4) == {"ml.g6.2xlarge": 4, "ml.g6e.2xlarge": 0, "ml.g5.2xlarge": 0}


def test_scale_out_falls_back_in_order_of_priority() -> None:
    available = {"ml.g6.2xlarge": 1, "ml.g6e.2xlarge": 0}.get
    assert place(POOLS, {}, 4, available) == {"ml.g6.2xlarge": 1, "ml.g6e.2xlarge": 0, "ml.g5.2xlarge": 3}


def test_capacity_that_runs_out_everywhere_leaves_fewer_than_asked_for() -> None:
    assert sum(place(POOLS, {"ml.g5.2xlarge": 2}, 9, lambda _type: 1).values()) == 5


def test_scale_in_releases_the_lowest_priority_first() -> None:
    running = {"ml.g6.2xlarge": 2, "ml.g6e.2xlarge": 2, "ml.g5.2xlarge": 1}
    assert place(POOLS, running, 2) == {"ml.g6.2xlarge": 2, "ml.g6e.2xlarge": 0, "ml.g5.2xlarge": 0}
    assert place(POOLS, running, 0) == dict.fromkeys(running, 0)


def test_a_fleet_at_its_size_is_left_alone_even_on_the_fallback_type() -> None:
    running = {"ml.g6.2xlarge": 0, "ml.g6e.2xlarge": 3, "ml.g5.2xlarge": 0}
    assert place(POOLS, running, 3) == running
