"""A summary in Markdown says what a change of the configuration does to the same traffic."""

import re
import shutil
from dataclasses import replace

import pytest

from scaleproof.report.markdown import markdown
from scaleproof.report.simulation import simulation_blocks
from scaleproof.studies.baseline import rows
from scaleproof.studies.outcome import Outcome, numbers
from tests.unit.report.made import ENDPOINT as MADE
from tests.unit.report.made import day
from tests.unit.simulation.endpoints import asynchronous, realtime, tracking, wake_up, weighted

from .conftest import ENDPOINT, IMAGE

TRAFFIC = ["--traffic", "constant:level=25,days=0.1", "--no-advice"]


def tables(text):
    """The cells of each table; all rows of one have as many."""
    found = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in line.strip("|").split(" | ")])
        elif found[-1]:
            found.append([])
    assert all(len(row) == len(table[0]) for table in found for row in table if row[0] != "---")
    return [table for table in found if table]


@pytest.fixture
def roots(tmp_path):
    """A root before and after a change of its maximum, each with its own file of variables."""
    found = []
    for name, high in (("base", 2), ("head", 6)):
        root = shutil.copytree(ENDPOINT, tmp_path / name)
        text = (root / "main.tf").read_text()
        assert text.count("max_capacity") == 1
        changed = re.sub(r"max_capacity( *)= 4", r"max_capacity\1= var.most", text)
        (root / "main.tf").write_text(changed + '\n\nvariable "most" {\n  type = number\n}\n')
        (root / "most.tfvars").write_text(f"most = {high}\n")
        found.append(root)
    return found[0], found[1]


def test_both_sides_meet_the_same_traffic(roots, run, tmp_path):
    base, head = roots
    given = ["simulate", head, *IMAGE, "--var-file", head / "most.tfvars", *TRAFFIC]
    summary = tmp_path / "summary.md"
    shown = run(*given, "--before", base, "--markdown", summary)
    (table,) = tables(summary.read_text())
    found = {name: (before, after) for name, before, after in table[2:]}
    assert found["verdict"] == ("fails", "fails")
    assert found["capacity.max"] == ("2", "6")
    assert "capacity.min" not in found
    for side, root in ((0, base), (1, head)):
        alone = run("simulate", root, *IMAGE, "--var-file", root / "most.tfvars", *TRAFFIC)
        for name in ("served", "lost", "above capacity", "instance-hours, ml.g6.2xlarge"):
            assert f"{name} " in alone.out
            assert found[name][side] in alone.out
    for name, sides in found.items():
        assert all(text in shown.out for text in (name, *sides))
    assert "### speech fails" in summary.read_text()
    document = run(*given, "--before", base, "--json").document
    (was,) = document["before"]
    assert was["result"]["traffic"] == document["outcomes"][0]["result"]["traffic"]
    assert document["markdown"] is None
    assert run(*given, "--json").document["before"] == []


def test_a_new_endpoint_and_one_that_is_gone_are_told():
    one = Outcome.from_result(MADE, day(), {})
    text = markdown(simulation_blocks([one], [], ["old"]), command="scaleproof simulate .")
    assert "speech-realtime is new." in text
    assert "old is gone." in text
    assert {row.before for row in rows(None, one)} == {""}
    other = replace(MADE, initial=3, pools=MADE.pools[:1])
    assert differing(other, MADE) == {
        "initial instances": ("3", "2"),
        "instance_pools": ("ml.g6.2xlarge (12)", "ml.g6.2xlarge (12), ml.g6e.2xlarge (16)"),
    }


def test_what_a_change_does_to_verdict_and_bill_is_told():
    one, price = day(), dict.fromkeys(("ml.g6.2xlarge", "ml.g6e.2xlarge"), 2.0)
    totals = replace(one.totals, served=41_204, refused=0, unfinished=0, overload_seconds=0.0)
    longer = {kind: 1.5 * seconds for kind, seconds in totals.instance_seconds.items()}
    fails, holds = Outcome.from_result(MADE, one, {}), Outcome.from_result(MADE, replace(one, totals=totals), {})
    dearer = replace(one, totals=replace(one.totals, instance_seconds=longer))
    priced, more, free = (
        Outcome.from_result(MADE, one, price),
        Outcome.from_result(MADE, dearer, price),
        Outcome.from_result(MADE, dearer, {}),
    )
    for was, now, told in (
        (fails, fails, "It fails, as before: as many instance-hours."),
        (priced, priced, "It fails, as before: at the same cost."),
        (holds, fails, "It fails, where it held before: as many instance-hours."),
        (fails, free, "It fails, as before: 70.8 instance-hours more, +50 %."),
        (more, priced, "It fails, as before: $141.57 less, -33 %."),
        (more, fails, "It fails, as before: 70.8 instance-hours less, -33 %."),
    ):
        assert told in markdown(simulation_blocks([now], [was]), command="").splitlines()


def test_cost_stands_by_the_month_beside_that_of_the_traffic_before_and_after():
    before = Outcome.from_result(MADE, day(), dict.fromkeys(("ml.g6.2xlarge", "ml.g6e.2xlarge"), 2.0))
    after = Outcome.from_result(MADE, day(), dict.fromkeys(("ml.g6.2xlarge", "ml.g6e.2xlarge"), 3.0))
    (table,) = tables(markdown(simulation_blocks([after], [before])))
    found = {name: sides for name, *sides in table[2:]}
    assert found["cost"] == ["$283.13", "$424.70"]
    assert found["cost a month"] == ["$8,612", "$12,918"]


def test_an_endpoint_of_another_name_is_new(run, planned):
    traffic = ["--traffic", "constant:level=5,days=0.05", "--no-advice"]
    shown = run("simulate", ENDPOINT, *IMAGE, *traffic, "--before", planned)
    told = ["speech is new.", "speech-async is gone.", "speech-realtime is gone."]
    assert [line for line in shown.out.splitlines() if line in told] == told
    assert "before and after" not in shown.out


def differing(before, after):
    """The inputs that differ, of outcomes that do not."""
    was, now = (Outcome.from_result(endpoint, day(), {}) for endpoint in (before, after))
    told = {"verdict", *numbers(was)}
    return {row.name: (row.before, row.after) for row in rows(was, now) if row.name not in told}


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


def test_without_a_change_before_there_is_one_column():
    text = markdown(simulation_blocks([Outcome.from_result(MADE, day(), {})], None), command="")
    (table,) = tables(text)
    assert table[2] == ["requests", "41,204"]
    assert "Assumed: an instance serves 4 min 20 s" in text


def test_names_of_others_do_not_write_markdown():
    result = replace(day(), traffic="a|b<img>`c`[d](e)@all #1 ~~f~~ HTTPS://g.h WWW.g.h")
    text = markdown(simulation_blocks([Outcome.from_result(MADE, result, {})], None), command="i `j`\n\n<img>")
    assert "a\\|b&lt;img>\\`c\\`\\[d\\](e)@&#8203;all #&#8203;1" in text
    assert "\\~\\~f\\~\\~ HTTPS:&#8203;//g.h WWW&#8203;.g.h" in text
    assert "`i j <img>`" in text
