"""Identifiers come from attributes of resources; a rebuilt one drifts from what AWS calls the thing."""

import re
from pathlib import Path

from tests.static.directories import read
from tools.terraform_module import walk


def places(root, pattern):
    """Yield the file, for each expression of the modules that a pattern occurs in.

    Policy documents are left out: whoever applies needs rights on what does not exist yet.
    """
    for directory in [root, *sorted(root.glob("modules/*"))]:
        for top in read(directory).blocks:
            if top.labels[:1] == ("aws_iam_policy_document",):
                continue
            for block in walk(top):
                for name, expression in block.attributes.items():
                    if name not in {"description", "error_message"} and re.search(pattern, expression.text):
                        yield Path(block.file).relative_to(root).as_posix()


def test_the_scaling_resource_id_is_built_in_one_place(root):
    """No resource has `endpoint/NAME/variant/VARIANT` as an attribute before the scalable target does."""
    assert list(places(root, r"\bendpoint/\$\{.*?\}/variant/")) == ["modules/endpoint/scaling.tf"]


def test_no_endpoint_or_model_arn_is_built(root):
    assert list(places(root, r"arn:[^\"]*:sagemaker:[^\"]*\$\{")) == []


def test_arns_carry_the_partition_of_the_region_in_use(root):
    """A literal `arn:aws:` breaks in the China and GovCloud partitions."""
    assert list(places(root, r'"arn:aws:')) == []
