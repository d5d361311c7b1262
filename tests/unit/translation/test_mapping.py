"""Values of Terraform as members of a request."""

from scaleproof.translation import aws_requests


def test_a_number_that_no_float_holds_is_left_to_the_checks():
    found = aws_requests.document("aws_cloudwatch_metric_alarm", {"threshold": 10**400})
    assert found["Threshold"] == 10**400
