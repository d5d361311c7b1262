"""What is rebuilt, of whatever a file holds, is what the plan has.

Three times as many files where FUZZ_SECONDS is set.
"""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaleproof.pytest_plugin.casefile import KEYS, CaseFile
from scaleproof.pytest_plugin.inventories import compare
from scaleproof.pytest_plugin.simulated import SETTINGS, STATEMENTS
from tests.unit.pytest_plugin.test_inventory import PLAN, ROLE_POLICY, TARGET

FEW = 150 if os.environ.get("FUZZ_SECONDS") else 50
NAMES = [
    *KEYS,
    *SETTINGS,
    *STATEMENTS,
    TARGET,
    ROLE_POLICY,
    "name",
    "policy",
    "min_capacity",
    "suspended_state",
    "resources",
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 5)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["../infra", "2026-01-01", "{}", "~"])
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=10,
)
SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "values": st.dictionaries(st.sampled_from([TARGET, ROLE_POLICY, "aws_iam_role.other"]), TREES),
        "outputs": st.dictionaries(st.sampled_from(["name", "arn", "other"]), TREES),
        "counts": st.dictionaries(st.sampled_from(["aws_secret", "resources", "other"]), st.integers(0, 4)),
    },
).filter(bool)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A file that every case writes anew."""
    return tmp_path_factory.mktemp("cases") / "speech.scaleproof.yaml"


@settings(max_examples=FEW, deadline=None, suppress_health_check=list(HealthCheck))
@given(given=SECTIONS)
def test_what_is_rebuilt_holds(path, given):
    path.write_text(json.dumps({"root": ".", **given}))
    file = CaseFile(path)
    (before,) = file.cases()
    file.rewrite(before.name, compare(before.sections, PLAN).rebuilt)
    (after,) = CaseFile(path).cases()
    left = compare(after.sections, PLAN).differences
    # Where all that was named is gone, nothing is expected any more, which fails as well.
    assert [line for line in left if not line.endswith("nothing is expected yet")] == []
