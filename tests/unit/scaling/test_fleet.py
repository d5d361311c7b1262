"""Which instance types the instances of a variant are placed on."""

import pytest

from scaleproof.scaling.endpoint import Pool, place

TYPES = ("ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.g5.2xlarge")
POOLS = [Pool(TYPES[1], 2), Pool(TYPES[0], 1), Pool(TYPES[2], 3)]


@pytest.mark.parametrize(
    ("running", "size", "available", "placed"),
    [
        ((0, 0, 0), 4, None, (4, 0, 0)),
        ((0, 0, 0), 4, (1, 0, 9), (1, 0, 3)),
        ((0, 0, 2), 9, (1, 1, 1), (1, 1, 3)),
        ((2, 2, 1), 2, None, (2, 0, 0)),
        ((2, 2, 1), 0, None, (0, 0, 0)),
        ((0, 3, 0), 3, None, (0, 3, 0)),
    ],
    ids=[
        "the first priority takes all while there is capacity",
        "scale-out falls back in order of priority",
        "capacity that runs out everywhere leaves fewer than asked for",
        "scale-in releases the lowest priority first",
        "scale-in to nothing",
        "a fleet at its size is left alone, even on the fallback type",
    ],
)
def test_where_instances_are_placed(running, size, available, placed):
    """In the order of priority of the types."""
    now, wanted = (dict(zip(TYPES, counts, strict=True)) for counts in (running, placed))
    free = dict(zip(TYPES, available, strict=True)).get if available else lambda _type: None
    assert place(POOLS, now, size, free) == wanted
