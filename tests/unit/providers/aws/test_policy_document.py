"""aws_iam_policy_document writes the same bytes as the provider."""

import json

import pytest

from scaleproof.providers.aws.provider import AwsProvider
from scaleproof.providers.standin import ProviderError
from scaleproof.translation.schema import load

BLOCK = load("aws").data_sources["aws_iam_policy_document"]
STATEMENT = BLOCK.blocks["statement"].block


PREFIX = {"test": "StringLike", "variable": "s3:prefix", "values": ["", "home/", "home/&{aws:username}/"]}


def read(**config):
    given = {**BLOCK.empty(), **config}
    given["statement"] = [{**STATEMENT.empty(), **one} for one in given["statement"]]
    return AwsProvider(lambda: None).read_data("aws_iam_policy_document", given)


def principals(kind, *identifiers):
    return [{"type": kind, "identifiers": list(identifiers)}]


def test_the_text_is_that_of_the_provider():
    """Modelled on the first example in the provider's documentation of this data source."""
    found = read(
        statement=[
            {"sid": "1", "actions": ["s3:ListAllMyBuckets", "s3:GetBucketLocation"], "resources": ["arn:aws:s3:::*"]},
            {"actions": ["s3:ListBucket"], "resources": ["arn:aws:s3:::acme"], "condition": [PREFIX]},
        ]
    )
    listed = {"Sid": "1", "Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:GetBucketLocation"]}
    inside = {"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/"]}}
    below = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme", "Condition": inside}
    statements = [{**listed, "Resource": "arn:aws:s3:::*"}, below]
    assert found["json"] == json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
    assert json.loads(found["minified_json"]) == json.loads(found["json"])
    assert " " not in found["minified_json"]
    assert found["id"].isdecimal()


@pytest.mark.parametrize(
    ("blocks", "written"),
    [
        (principals("*", "*"), "*"),
        (principals("AWS", "*"), {"AWS": "*"}),
        (principals("Service", "a", "b"), {"Service": ["b", "a"]}),
        (principals("AWS", "1") + principals("AWS", "2"), {"AWS": ["1", "2"]}),
        (principals("Service", "s") + principals("AWS", "1"), {"AWS": "1", "Service": "s"}),
    ],
)
def test_principals(blocks, written):
    found = read(statement=[{"actions": ["sts:AssumeRole"], "principals": blocks}])
    assert json.loads(found["json"])["Statement"][0]["Principal"] == written


@pytest.mark.parametrize(("effect", "stated"), [("Deny", "Deny"), ("Allow", "Allow"), (None, "Allow")])
def test_what_is_not_denied_is_allowed(effect, stated):
    document = read(statement=[{"actions": ["a"], "effect": effect}])
    assert json.loads(document["json"])["Statement"][0]["Effect"] == stated
    assert [statement["effect"] for statement in document["statement"]] == [stated]


def test_characters_are_escaped_as_in_go():
    found = read(statement=[{"actions": ["a"], "resources": ["<&>"]}])
    assert r'"Resource": "\u003c\u0026\u003e"' in found["json"]


@pytest.mark.parametrize("argument", ["source_policy_documents", "override_policy_documents"])
def test_documents_are_not_merged(argument):
    with pytest.raises(ProviderError, match=f"does not support {argument} of aws_iam_policy_document"):
        read(statement=[], **{argument: ["{}"]})


def test_a_sid_may_be_used_once():
    with pytest.raises(ProviderError, match=r"duplicate Sid \(a\). Remove the Sid or ensure the Sid is unique."):
        read(statement=[{"sid": "a", "actions": ["x"]}, {"sid": "a", "actions": ["y"]}])


def test_the_first_version_has_no_variables():
    """The provider names the text, not the list that it is in."""
    with pytest.raises(ProviderError, match=r"found &\{ sequence in \(b/&\{aws:username\}\), which is not supported"):
        read(version="2008-10-17", statement=[{"resources": ["a", "b/&{aws:username}"]}])
