"""With `--before`, what was before a change of the configuration meets the same traffic."""

import re
import shutil

import pytest

from .conftest import ENDPOINT, IMAGE, LIMITS

TRAFFIC = ["--traffic", "constant:level=25,days=0.1", "--no-advice"]


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
    table = [line.strip("| ").split(" | ") for line in summary.read_text().splitlines() if line.startswith("|")]
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


def test_an_endpoint_of_another_name_is_new(run, planned):
    traffic = ["--traffic", "constant:level=5,days=0.05", "--no-advice"]
    shown = run("simulate", ENDPOINT, *IMAGE, *traffic, "--before", planned)
    told = ["speech is new.", "speech-async is gone.", "speech-realtime is gone."]
    assert [line for line in shown.out.splitlines() if line in told] == told
    assert "before and after" not in shown.out


def test_types_of_another_source_have_limits_and_prices_too(planned, run, tmp_path):
    other = tmp_path / "plan.json"
    other.write_text(planned.read_text().replace("ml.g6e.2xlarge", "ml.g5.2xlarge"))
    words = [*LIMITS, "--max-concurrency", "ml.g5.2xlarge=10", "--traffic", "step:top=60,days=0.2", "--no-advice"]
    words += ["--before", other, "--price", "ml.g6.2xlarge=1", "--price", "ml.g6e.2xlarge=2"]
    run("simulate", planned, *words, code=2, says="There is no price for ml.g5.2xlarge.")
    (was,) = run("simulate", planned, *words, "--price", "ml.g5.2xlarge=3", "--json").document["before"]
    assert was["cost"]["usd"] > 0
