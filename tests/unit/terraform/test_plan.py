"""Plans and states as typed objects."""

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.root import Root
from scaleproof.terraform.state import State, is_data

NESTED = 'resource "terraform_data" "inner" {\n  input = "kept"\n}\n'
CALL = '\nmodule "below" {\n  source = "./below"\n}\n'


@pytest.fixture
def root(counted, write, standins):
    write(root__below__main=NESTED)
    with (counted / "main.tf").open("a") as main:
        main.write(CALL)
    with Root(counted, standins=standins) as running:
        yield running


def test_a_create(root):
    plan = root.plan()
    found = plan.resource("module.below.terraform_data.inner")
    assert (found.type, found.actions, found.before) == ("terraform_data", ("create",), None)
    # Terraform 1.16 has `store` as well.
    assert found.values | {"store": None} == {"input": "kept", "store": None, "triggers_replace": None}
    assert found.unknown == {"id": True, "output": True}
    assert not found.replaced
    addresses = [each.address for each in plan.of_type("terraform_data")]
    assert addresses == ["module.below.terraform_data.inner", "terraform_data.item[0]"]
    assert plan.outputs == {}  # known after the apply only


def test_the_known_members_of_an_output():
    """An object may be known in part. JSON has null for an unknown element of a list."""
    after = {"name": "speech", "inner": {"size": 2}, "types": ["a"], "arns": [None]}
    unknown = {"arn": True, "inner": {"id": True}, "types": [False], "arns": [True]}
    changes = {
        "live": {"actions": ["create"], "after": after, "after_unknown": unknown},
        "arn": {"actions": ["create"], "after_unknown": True},
        "gone": {"actions": ["delete"], "after": None, "after_unknown": False},
    }
    assert Plan({"output_changes": changes}).outputs == {
        "live": {"name": "speech", "inner": {"size": 2}, "types": ["a"]}
    }


def test_changes(root, counted):
    root.apply(amount=3)
    plan = root.plan(amount=11, label="b")
    replaced = plan.resource("terraform_data.item[0]")
    assert replaced.actions == ("delete", "create")
    assert replaced.replaced
    assert replaced.replace_paths == (("triggers_replace",),)
    assert replaced.before
    assert (replaced.before["input"], replaced.values["input"]) == ("a", "b")
    assert plan.resource("module.below.terraform_data.inner").actions == ("no-op",)
    assert "module.below.terraform_data.inner" not in [change.address for change in plan.changes]
    fewer = root.plan(amount=2)
    assert fewer.resource("terraform_data.item[2]").actions == ("delete",)
    assert fewer.resource("terraform_data.item[2]").values == {}
    assert "terraform_data.item[2]" not in [each.address for each in fewer.of_type("terraform_data")]

    forgotten = counted.parent / "forgotten"
    forgotten.mkdir()
    removed = "removed {\n  from = terraform_data.item\n  lifecycle {\n    destroy = false\n  }\n}\n"
    (forgotten / "main.tf").write_text(removed)
    with Root(forgotten, state=root.state_file) as other:
        assert other.plan().resource("terraform_data.item[2]").actions == ("forget",)
        assert other.plan().of_type("terraform_data") == []

    # A changed output alone is a change.
    (counted / "more.tf").write_text('output "more" {\n  value = 1\n}\n')
    more = root.plan(amount=3)
    assert more.changes == []
    assert not more.empty
    assert more.outputs == {"labels": ["a", "a", "a"], "more": 1}


@pytest.mark.parametrize("make", [Plan, State])
def test_a_missing_address_names_similar_ones(make):
    resource = {"address": "aws_iam_role.this", "mode": "managed", "type": "aws_iam_role", "values": {}}
    change = {**resource, "change": {"actions": ["create"], "after": {}}}
    raw = {"resource_changes": [change], "values": {"root_module": {"resources": [resource]}}}
    with pytest.raises(ScaleproofError, match=r"has no aws_iam_role\.that\. Did you mean aws_iam_role\.this"):
        make(raw).resource("aws_iam_role.that")
    with pytest.raises(ScaleproofError, match="It is empty"):
        make({}).resource("aws_iam_role.that")


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("data.aws_region.current", True),
        ('module.a["x"].module.b.data.aws_region.current[0]', True),
        ('module.quota["ml.m5.xlarge"].data.aws_servicequotas_service_quota.this', True),
        ('module.a["say \\"x.data.\\""].aws_iam_role.this', False),
        ("aws_iam_role.data", False),
        ("module.data.aws_iam_role.this", False),
        ('module.a["data.x"].aws_iam_role.this', False),
    ],
)
def test_addresses_of_data_sources(address, data):
    assert is_data(address) is data


RESOURCE = {"address": "a.b", "type": "a", "mode": "managed"}
VALUES = {"name": "it is hush-hush-now"}
# One begins as another.
SECRETS = ["hush-hush", "hush-hush-now"]


PLAN = {
    "resource_changes": [{**RESOURCE, "change": {"actions": ["create"], "after": VALUES}}],
    "output_changes": {"key": {"actions": ["create"], "after": SECRETS, "after_sensitive": True}},
}
STATE = {
    "root_module": {"resources": [{**RESOURCE, "values": VALUES}]},
    "outputs": {"key": {"value": SECRETS, "sensitive": True}},
}
