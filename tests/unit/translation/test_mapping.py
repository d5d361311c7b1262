"""Values of Terraform as members of a request."""

import pytest

from scaleproof.translation import aws_requests


def test_a_number_that_no_float_holds_is_left_to_the_checks():
    found = aws_requests.document("aws_cloudwatch_metric_alarm", {"threshold": 10**400})
    assert found["Threshold"] == 10**400


@pytest.mark.parametrize("hidden", ["(sensitive value)", ["(sensitive value)"]])
def test_a_block_that_is_hidden_stays_for_who_reads_it(hidden):
    """Terraform marks all of a set of which a part is sensitive."""
    request = aws_requests.document("aws_cloudwatch_metric_alarm", {"metric_query": hidden})
    assert request["Metrics"] == ["(sensitive value)"]


def test_the_members_of_a_block_are_those_of_the_request():
    queries = [{"id": "sum", "expression": "a + b", "return_data": True}, None]
    request = aws_requests.document("aws_cloudwatch_metric_alarm", {"metric_query": queries})
    assert request["Metrics"] == [{"Id": "sum", "Expression": "a + b", "ReturnData": True}, {}]
