"""Files and options that people write: whatever is in them, the answer is a result or a clear error."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import wave
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from inspect import signature
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaleproof.auditing import captures, history
from scaleproof.auditing.renaming import without_names
from scaleproof.auditing.replay import replayed
from scaleproof.bounds import LARGEST, MOST_INSTANCES, SPAN
from scaleproof.endpoints import from_file
from scaleproof.errors import ScaleproofError
from scaleproof.measuring.load import bodies
from scaleproof.pytest_plugin import casefile, inventories
from scaleproof.scaling import schedules
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.simulation.generators import GENERATORS
from scaleproof.studies import assumptions, prices, traffic
from scaleproof.studies.assumptions import DEFAULT
from scaleproof.studies.run import StudyRequest, numbers_by_type
from scaleproof.terraform.plan import Plan
from tests.plan.planner import ASYNC, REALTIME

T = TypeVar("T")
CHUNKS = 3
"""Chunks of arrivals that are looked at: a generator may be asked for more than anybody would wait for."""

NUMBERS = [
    "0", "1", "-1", "0.5", "1e3", "1e9", "1e400", "-0", "nan", "inf", "-inf", "1_000", "٣", "0x10", "",
    " 2 ", "1,5",
]  # fmt: skip
TIMES = [
    *NUMBERS, "2026-03-02T08:15:00Z", "2026-03-02T08:15:00+01:00", "2026-03-02 08:15", "2026-03-29T02:30:00",
    "2026-02-30T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1772439300", "now",
]  # fmt: skip
WORDS = [
    "x", "ml.g6.2xlarge", "work", "stream", "file", "a=b", "=", ":", ",", "ä", "\x00", "'", '"', "\n",
    "../x.csv",
]  # fmt: skip
words = st.one_of(st.sampled_from([*NUMBERS, *TIMES, *WORDS]), st.text(max_size=8))
settings_of = sorted({name for make in GENERATORS.values() for name in signature(make).parameters} | {"peek", "seed"})


@st.composite
def specs(draw):
    """Traffic as a command line names it, more or less."""
    name = draw(st.one_of(st.sampled_from([*GENERATORS, "nothing.csv", ".", "/"]), words))
    pairs = draw(st.lists(st.tuples(st.one_of(st.sampled_from(settings_of), words), words), max_size=4))
    return f"{name}:{','.join(f'{key}={value}' for key, value in pairs)}" if pairs else name


@st.composite
def tables(draw):
    """A file of traffic, more or less."""
    columns = ["time", "rate", "duration", "Time ", "", "tokens"]
    headers = st.sampled_from([["time", "duration"], ["time", "rate", "duration"]])
    header = draw(st.one_of(headers, st.lists(st.sampled_from(columns), max_size=4)))
    cell = st.one_of(st.sampled_from(["0", "1", "2", "60", "3600"]), st.sampled_from([*NUMBERS, *TIMES]), words)
    rows = draw(st.lists(st.lists(cell, max_size=5), max_size=6))
    parts = draw(st.sampled_from([",", ";", "\t", "|"]))
    text = "\n".join(parts.join(row) for row in (header, *rows))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    return text.encode(encoding, errors="replace")


@given(spec=specs())
def test_traffic_of_any_spec(spec):
    if found := answer(lambda: traffic.parse(spec, ["speech"])):
        _orderly(found)


@given(
    table=tables(),
    options=st.sampled_from(["", ":work=file", ":seed=3", ":seed=1e999", ":per=2"]),
)
def test_traffic_of_any_file(table, options, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "traffic.csv"
    file.write_bytes(table)
    if found := answer(lambda: traffic.parse(f"{file}{options}")):
        _orderly(found)


def test_a_file_of_traffic_that_is_long(tmp_path):
    file = tmp_path / "traffic.csv"
    with file.open("w", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(["time", "duration"])
        rows.writerows((second, 1) for second in range(200_000))
    _orderly(traffic.parse(str(file)))


@pytest.mark.parametrize(
    "read",
    [assumptions.parse, assumptions.shortages, numbers_by_type],
    ids=["assume", "shortage", "number"],
)
@given(
    name=st.one_of(st.sampled_from([*assumptions.names(), "ml.g6.2xlarge"]), words),
    value=words,
    form=st.sampled_from(["{}={}", "{}", "{}={}-3", "{}={}="]),
)
def test_options_of_any_text(read, name, value, form):
    answer(lambda: read([form.format(name, value)]))


@given(start=words)
def test_a_start_of_any_text(start):
    answer(lambda: StudyRequest((), 0, start, (), (), ()).setting([]))


JUNK = [
    None, "", "x", "a/../b", -1, 0, 1.5, 1e308, 10**9, 10**400, math.nan, math.inf, True, [], {}, [None],
    {"x": None}, "(known after apply)", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
]  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One change of a tree: the steps to a place, as shares of the entries on each level, and what comes."""

    steps: tuple[float, ...]
    value: Any

    def apply(self, tree):
        """Replaces what is there, or removes it where the value is Ellipsis."""
        holder = None
        key = None
        node = tree
        for share in self.steps:
            keys = list(node) if isinstance(node, Mapping) else list(range(len(node))) if isinstance(node, list) else []
            if not keys:
                break
            holder, key = node, keys[int(share * len(keys)) % len(keys)]
            node = holder[key]
        if holder is not None and self.value is ...:
            del holder[key]
        elif holder is not None:
            holder[key] = deepcopy(self.value)


changes = st.builds(
    Change,
    st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=9).map(tuple),
    st.sampled_from([..., *JUNK]),
)


@pytest.fixture(scope="module")
def plans(planner):
    """Plans of both kinds of endpoints, as `terraform show -json` prints them."""
    return [planner(module).raw for module in (REALTIME, ASYNC)]


@given(data=st.data(), applied=st.booleans())
def test_plans_and_states_of_any_shape(data, applied, plans, tmp_path_factory):
    raw = data.draw(st.sampled_from(plans))
    # What is read of a plan; the rest would take up the draws.
    tree = deepcopy({name: raw[name] for name in ("resource_changes", "configuration", "planned_values")})
    if applied:
        tree = {"format_version": "1.0", "values": tree["planned_values"]}
    for change in data.draw(st.lists(changes, min_size=1, max_size=3)):
        change.apply(tree)
    file = tmp_path_factory.getbasetemp() / "plan.json"
    file.write_text(json.dumps(tree))
    for found in answer(lambda: from_file(file)) or ():
        _bounded(found)


def _bounded(found):
    """An endpoint has bounds that a simulation can bear."""
    assert 0 <= found.initial <= MOST_INSTANCES
    if found.target:
        assert 0 <= found.target.min <= found.target.max <= MOST_INSTANCES
        for policy in found.target.policies:
            assert policy.name
            numbers = [alarm.threshold for alarm in policy.alarms.values()]
            numbers += [policy.target] if isinstance(policy, TargetTracking) else [policy.cooldown]
            assert all(map(math.isfinite, numbers))


CAPTURES = {
    file.stem: json.loads(file.read_text()) for file in (Path(__file__).parents[1] / "vectors").glob("audit_*.json")
}


@given(
    name=st.sampled_from(sorted(CAPTURES)),
    whole=st.lists(changes, max_size=1),
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), changes), min_size=1, max_size=3),
)
def test_captures_of_any_shape(name, whole, edits, tmp_path_factory):
    document = deepcopy(CAPTURES[name])
    for place, edit in edits:
        edit.apply(document["answers"][int(place * len(document["answers"]))])
    for edit in whole:
        edit.apply(document)
    file = tmp_path_factory.getbasetemp() / "capture.json"
    file.write_text(json.dumps(document), encoding="utf-8", errors="surrogatepass")
    if capture := answer(lambda: captures.load(file)):
        _replays(capture)


def _replays(capture):
    """A capture that can be read lasts for no more than a record can, is replayed, and can be given away."""
    case = answer(lambda: history.case(capture))
    if case is not None:
        assert 0 <= case.end - case.start <= SPAN
        answer(lambda: replayed(case, DEFAULT))
        history.case(without_names(capture))


RECORDED = """\
# recorded by scaleproof 1.0 from CloudWatch
# no data from 2026-03-02T08:20:00+00:00 to 2026-03-02T08:21:00+00:00
# work: file
# start: 2026-03-02T08:00:00+00:00
# end: 2026-03-02T09:00:00+00:00
time,rate,duration
2026-03-02T08:10:00+00:00,3,30
2026-03-02T08:11:00+00:00,0.5,30
"""


@given(
    edits=st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["", *TIMES, *WORDS, "1e999", "# end:"])), max_size=3),
    place=st.floats(0, 1),
)
def test_recordings_of_any_text(edits, place, tmp_path_factory):
    lines = RECORDED.splitlines()
    for line, text in edits:
        parts = re.split(r"( |,)", lines[line])
        parts[int(place * (len(parts) - 1))] = text
        lines[line] = "".join(parts)
    file = tmp_path_factory.getbasetemp() / "recorded.csv"
    file.write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")
    if found := answer(lambda: traffic.parse(str(file))):
        assert found.traffic.duration <= SPAN
        _orderly(found)


WAV = io.BytesIO()
with wave.open(WAV, "wb") as _made:
    _made.setparams((1, 2, 16_000, 0, "NONE", "not compressed"))
    _made.writeframes(bytes(320))


@given(edits=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=6), length=st.integers(0, 364))
def test_audio_of_any_bytes(edits, length):
    audio = bytearray(WAV.getvalue())
    for place, byte in edits:
        audio[place] = byte
    rate = answer(lambda: bodies.wav_rate(bytes(audio[:length])))
    assert rate is None or bodies.paced(bytes(audio), rate, 0.1)


CASE = {
    "root": "../infra",
    "tfvars": ["a.tfvars"],
    "variables": {"name": "speech"},
    "values": {"aws_iam_role.this": {"name": "x", "tags": {"Team": "speech"}}},
    "counts": {"aws_iam_role": 1, "modules": 2},
    "outputs": {"name": "speech"},
    "endpoints": {"speech": {"min": 1}},
}
CASES = {"root": "../infra", "cases": {"one": CASE, "two": {"refused": ["Set capacity.min"]}}}


@given(
    tree=st.sampled_from([CASE, CASES]),
    edits=st.lists(changes, max_size=3),
    content=st.one_of(st.none(), st.binary(max_size=60), st.text(max_size=40)),
)
def test_inventories_of_any_shape(tree, edits, content, plans, tmp_path_factory):
    changed = deepcopy(tree)
    for edit in edits:
        edit.apply(changed)
    file = tmp_path_factory.getbasetemp() / "it.scaleproof.yaml"
    text = json.dumps(changed) if content is None else content
    file.write_bytes(text.encode("utf-8", errors="surrogatepass") if isinstance(text, str) else text)
    for case in answer(lambda: casefile.CaseFile(file).cases()) or ():
        differences = inventories.compare(case.sections, Plan(plans[0])).differences
        assert all(isinstance(one, str) and one for one in differences)


def answer(call):
    """What a call gives; None where it ends with an error that is meant for people. Raises any other."""
    try:
        return call()
    except ScaleproofError as error:
        text = str(error)
        assert text.strip()
        for of_python in (
            "Traceback",
            "has no attribute",
            "unexpected keyword",
            "KeyError",
            "invalid literal",
        ):
            assert of_python not in text
        return None


def _orderly(found):
    """Arrivals come in order, at finite times within the traffic, with finite lengths."""
    arrivals = [arrival for chunk in islice(found.traffic.chunks(), CHUNKS) for arrival in chunk]
    arrivals = [arrival for arrival in arrivals if arrival[0] <= found.traffic.duration]
    assert all(before[0] <= after[0] for before, after in pairwise(arrivals))
    assert all(math.isfinite(time) and time >= 0 for time, _ in arrivals)
    assert all(math.isfinite(length) and length >= 0 for _, length in arrivals)


SCHEDULES = ["rate(1 day)", "cron(30 7 ? * MON-FRI *)", "at(2026-12-24T18:00:00)", "cron(0 0 31 2 ? 2099)"]


@given(
    schedule=st.one_of(
        st.sampled_from(SCHEDULES),
        st.builds("{}({})".format, st.sampled_from(["rate", "cron", "at"]), words),
        st.builds("rate({} days)".format, st.one_of(words, st.integers(0, 10**500))),
        st.builds("cron({} {} ? * {} *)".format, words, words, words),
    ),
    timezone=st.one_of(st.sampled_from(["UTC", "Europe/Berlin", "../UTC", "/etc/passwd"]), words),
)
def test_schedules_of_any_text(schedule, timezone):
    if found := answer(lambda: schedules.parse(schedule, timezone)):
        after = found.next_after(1_790_000_000.0)
        assert after is None or (after > 1_790_000_000.0 and math.isfinite(after))


@given(table=st.one_of(tables(), st.just(b"instance_type,usd_per_hour\nml.g6.2xlarge,1.2\n")), date=words)
def test_prices_of_any_file(table, date, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "prices.csv"
    file.write_bytes(f"# date: {date}\n".encode(errors="replace") + b"# date: 2026-03-02\n" + table)
    if found := answer(lambda: prices.from_file(file)):
        assert all(0 < price <= LARGEST for price in found.values())
