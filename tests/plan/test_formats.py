"""What AWS takes where no function of Terraform knows it, by the model of scaling and SageMaker's types."""

import json
import shutil

import pytest
from botocore.session import get_session

from scaleproof.emulator.api.sagemaker_rules import LOCAL_STORAGE
from scaleproof.errors import ScaleproofError
from scaleproof.scaling import cron, schedules
from tests.plan.planner import REPOSITORY

WORDS = [*cron.MONTHS, *cron.WEEKDAYS, "FOO"]
VALUES = [
    *map(str, range(62)),
    "1969",
    "1970",
    "2026",
    "2199",
    "2200",
    *WORDS,
    "L",
    "LW",
    "15W",
    "32W",
    "6L",
    "8L",
]
VALUES += ["2#1", "2#5", "2#6", "0#1", "1-5", "1,3", "*", "*/2", "0/15", "5/0", "1-", "", "?"]
FIELDS = {
    "minute": "cron({} 7 ? * MON *)",
    "hour": "cron(0 {} ? * MON *)",
    "day of month": "cron(0 7 {} * ? *)",
    "month": "cron(0 7 ? {} MON *)",
    "day of week": "cron(0 7 ? * {} *)",
    "year": "cron(0 7 ? * MON {})",
}
"""A cron expression with a place for each field."""


@pytest.fixture(scope="module")
def taken(plan, tmp_path_factory):
    """Those expressions with each of the values in each of the fields that the module takes."""
    root = tmp_path_factory.mktemp("formats")
    shutil.copy(REPOSITORY / "modules/endpoint" / "formats.tf", root)
    matches = r'can(regex("^cron\\(${local.cron}\\)$", text))'
    root_file = {
        "variable": {"texts": {"type": "list(string)"}},
        "output": {"taken": {"value": f"${{[for text in var.texts : text if {matches}]}}"}},
    }
    (root / "main.tf.json").write_text(json.dumps(root_file))
    texts = [form.format(value) for form in FIELDS.values() for value in VALUES]
    return set(plan(root, texts=texts).outputs["taken"])


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_of_cron_takes_what_scaling_can_run(taken, field):
    for value in VALUES:
        text = FIELDS[field].format(value)
        # One question mark in each: which field has it is another rule, with a message of its own.
        if value != "?":
            assert (text in taken) == runs(text), text


def runs(text):
    try:
        schedules.parse(text)
    except ScaleproofError:
        return False
    return True


def test_families_with_local_storage_are_known():
    """CreateEndpointConfig, KmsKeyId, and "Instance store volumes" of the EC2 documentation."""
    text = (REPOSITORY / "modules/endpoint" / "main.tf").read_text(encoding="utf-8")
    assert f'regex("{LOCAL_STORAGE.pattern}", type)'.replace("\\", "\\\\") in text
    shape = get_session().get_service_model("sagemaker").shape_for("ProductionVariantInstanceType")
    with_storage = {kind.split(".")[1] for kind in shape.enum if LOCAL_STORAGE.match(kind)}
    assert with_storage == {
        *("g4dn", "g5", "g6", "g6e", "g7", "g7e", "p4d", "p4de", "p5", "p5e", "p5en"),
        *("p6-b200", "p6-b300", "p6e-gb200", "trn1", "trn1n", "trn2", "dl1"),
        *("c5d", "c6gd", "m5d", "m6gd", "r5d", "r6gd", "r7gd"),
    }
    assert {kind.split(".")[1] for kind in shape.enum} - with_storage == {
        *("c4", "c5", "c6g", "c6gn", "c6i", "c6in", "c7g", "c7i", "c8g", "inf1", "inf2", "m4", "m5", "m6g"),
        *("m6i", "m7i", "m8g", "p2", "p3", "r5", "r6g", "r6i", "r7i", "r8g", "t2"),
    }
