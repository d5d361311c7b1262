"""Files that are no plan and no state end in advice."""

import json
import zipfile

import pytest

from scaleproof.endpoints import EndpointError, from_file
from scaleproof.errors import ScaleproofError


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is not JSON: Expecting value: line 1 column 1 (char 0). Expected is a directory, or the output of"),
        ("[]", "is neither a plan nor a state"),
        ('{"a": 1}', "is neither a plan nor a state"),
        ('{"format_version": "1.0", "values": {}}', "There is no endpoint in the state"),
        (
            '{"version": 4, "terraform_version": "1.9.0", "lineage": "x"}',
            "x.json is a state in Terraform's own format. Terraform saved it: terraform ",
        ),
        ('{"resource_changes": []}', "There is no endpoint in the plan"),
        ("\ufeff[]", "is neither a plan nor a state"),
        ('{"resource_changes": [3]}', "x.json is not what Terraform prints: "),
        ('{"resource_changes": [{"type": "a"}]}', "x.json is not what Terraform prints: "),
    ],
)
def test_what_is_wrong_is_said(content, reason, tmp_path):
    file = tmp_path / "x.json"
    file.write_text(content)
    with pytest.raises(ScaleproofError) as raised:
        from_file(file)
    assert reason in str(raised.value)


def test_a_saved_plan_has_to_be_shown_first(tmp_path):
    file = tmp_path / "x.tfplan"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tfplan", b"\x00\xff")
    with pytest.raises(EndpointError, match=r"terraform -chdir=.+ show -json x\.tfplan > plan\.json"):
        from_file(file)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(EndpointError, match="cannot be read: No such file"):
        from_file(tmp_path / "none.json")


def test_what_the_aws_provider_manages_is_pointed_out(tmp_path):
    file = tmp_path / "state.json"
    resource = {"address": "aws_sagemaker_endpoint.it", "type": "aws_sagemaker_endpoint", "mode": "managed"}
    module = {"resources": [{**resource, "values": {"name": "speech"}}]}
    file.write_text(json.dumps({"format_version": "1.0", "values": {"root_module": module}}))
    with pytest.raises(EndpointError, match="It has aws_sagemaker_endpoint: apply it and read the endpoint"):
        from_file(file)
