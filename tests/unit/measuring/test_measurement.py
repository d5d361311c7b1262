"""What a measurement says: its interval, sentences, HCL."""

from dataclasses import replace
from pathlib import Path

import pytest

from scaleproof.endpoints import from_plan
from scaleproof.measuring.measurement import Answer, instance_pools, measurement

from .made import FOUND, LEVEL, OBJECTIVE, OVER

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def measured(answer, last, *levels, seconds=7_200.0):
    return measurement(OBJECTIVE, answer, last, levels, seconds)


def level(concurrency, *, held, sure=True):
    return replace(LEVEL, concurrency=concurrency, held=held, sure=sure)


@pytest.mark.parametrize(
    ("levels", "interval"),
    [
        ((level(12, held=True), level(13, held=False)), "12"),
        ((level(11, held=True), level(12, held=True, sure=False), level(14, held=False)), "11 to 13"),
        ((level(12, held=True), level(13, held=False, sure=False)), "12 or more"),
        ((level(12, held=True, sure=False), level(13, held=False)), "12 or fewer"),
        # What held once and failed later, and what failed below what held, do not turn the ends round.
        ((level(12, held=True), level(14, held=True), level(10, held=False)), "12"),
    ],
)
def test_the_interval_is_what_leaves_no_doubt(levels, interval):
    found = measured(Answer.FOUND, 12, *levels)
    assert found.headline == f"One instance sustains 12 in flight (without doubt: {interval})."
    assert found.interval == interval


@pytest.mark.parametrize(
    ("answer", "last", "headline"),
    [
        (Answer.NEVER, 0, "It does not hold even at 1."),
        (Answer.BEYOND, 12, "12 in flight hold, the highest level that was allowed: the limit is higher."),
        (
            Answer.UNFINISHED,
            12,
            "The budget was used up after 120 min: 12 in flight held, and the search had not ended.",
        ),
        (Answer.UNFINISHED, 0, "The budget was used up after 120 min, before any level held."),
    ],
)
def test_headlines(answer, last, headline):
    found = measured(answer, last, LEVEL)
    assert found.headline == headline
    assert found.max_concurrency == (last or None)


def test_rare_errors_of_all_levels_are_counted_together():
    first, second = ({f"E{place}{number}": 9 for number in range(20)} for place in "ab")
    levels = [replace(LEVEL, errors=errors | {"others": 70}) for errors in (first, second)]
    found = measured(Answer.NEVER, 0, *levels)
    assert found.errors == first | {"others": 2 * 70 + 20 * 9}
    assert found.notes[0].endswith(", Ea19 9, others 320.")


def test_the_sums():
    failing = replace(OVER, errors={"ModelError": 2})
    found = measured(Answer.FOUND, 12, failing, replace(LEVEL, errors={"ModelError": 1, "X": 1}))
    assert [one.concurrency for one in found.levels] == [12, 13]
    assert (found.requests, found.errors, found.seconds) == (2_408, {"ModelError": 3, "X": 1}, 7_200.0)


def test_notes():
    assert FOUND.notes == ()
    failing = replace(OVER, errors={"ThrottlingException": 2, "ModelError": 1_000})
    assert measured(Answer.FOUND, 12, LEVEL, failing).notes == (
        "1,002 of 2,408 requests failed: ModelError 1,000, ThrottlingException 2.",
    )
    late = replace(OVER, sure=False, late=True, generator_lag=0.081)
    (note,) = measured(Answer.FOUND, 12, LEVEL, late).notes
    assert note.startswith("At 13 in flight the generator itself was 0.081 s late")
    assert measured(Answer.FOUND, 12, replace(LEVEL, late=True), OVER).notes == ()
    doubtful = [level(13, held=False, sure=False), level(14, held=False), level(15, held=False, sure=False)]
    (note,) = measured(Answer.FOUND, 12, LEVEL, *doubtful).notes
    assert note.startswith("In doubt: 13 in flight.")
    (note,) = measured(Answer.FOUND, 12, LEVEL, *doubtful[::2]).notes
    assert note.startswith("In doubt: 13, 15 in flight.")


def test_the_measured_type_stands_alone_or_in_its_place():
    alone = 'instance_pools = [\n  { instance_type = "ml.g6.2xlarge", max_concurrency = 12 },\n]\n'
    assert instance_pools("ml.g6.2xlarge", 12, []) == alone
    assert instance_pools("ml.g6.2xlarge", 12, ["ml.g6.2xlarge"]) == alone
    pools = instance_pools("ml.g6e.2xlarge", 16, ["ml.g6.2xlarge", "ml.g6e.2xlarge"])
    assert pools.splitlines()[1:-1] == [
        '  # Not measured: { instance_type = "ml.g6.2xlarge", max_concurrency = ? },',
        '  { instance_type = "ml.g6e.2xlarge", max_concurrency = 16 },',
    ]


def test_the_block_plans_as_it_is(plan, tmp_path):
    """Also for a fleet of which one type was measured."""
    file = tmp_path / "pools.tfvars"
    file.write_text(instance_pools("ml.g6e.2xlarge", 16, ["ml.g6.2xlarge", "ml.g6e.2xlarge"]))
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.4"
    planned = plan(EXAMPLES / "minimal", tfvars=[file], region="us-east-1", image=image)
    (endpoint,) = from_plan(planned)
    assert [(one.instance_type, one.max_concurrency) for one in endpoint.pools] == [("ml.g6e.2xlarge", 16)]
