"""Names that belong to an endpoint: another one is another endpoint, and a variant keeps its own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from scaleproof.terraform.diagnostics import TerraformError
from scaleproof.terraform.plan import Plan
from tests.apply.stage import Step
from tests.plan.planner import ROOT, SMALLEST

pytestmark = pytest.mark.nightly

OLD, NEW = "speech-realtime", "nova-live"
ENDPOINT = "module.it.module.realtime[0].module.endpoint.awscc_sagemaker_endpoint.this"


@dataclass(frozen=True)
class Story:
    """An endpoint, plans with other names, and one by one what an apply takes."""

    prefixed: Plan
    named: Plan
    refused: TerraformError
    both: Step
    back: TerraformError
    replaced: Step


@pytest.fixture(scope="module")
def story(open_stage):
    stage = open_stage(ROOT, **{"async": None})
    stage.put()
    prefixed, named = stage.plan(name="nova"), stage.plan(realtime=called(NEW))

    def refusal(variant):
        with pytest.raises(TerraformError) as refused:
            stage.plan(variant_name=variant)
        return refused.value

    refused = refusal("primary")
    both = stage.apply(realtime=called(NEW), variant_name="primary")
    back = refusal("AllTraffic")
    replaced = stage.apply(replacing=ENDPOINT, variant_name="AllTraffic")
    return Story(prefixed, named, refused, both, back, replaced)


def called(name):
    """The real-time endpoint under a name."""
    return {**SMALLEST[ROOT]["realtime"], "name": name}


def test_another_name_deletes_the_endpoint_before_the_new_one_is_created(story):
    """docs/upgrading.md, and the descriptions of both names."""
    for plan, name in ((story.prefixed, "nova-realtime"), (story.named, NEW)):
        (change,) = (change for change in plan.changes if change.address == ENDPOINT)
        assert change.actions == ("delete", "create")
        (planned,) = plan.of_type("awscc_sagemaker_endpoint")
        assert planned.values["endpoint_name"] == name
    calls = [call for call in story.both.calls if call.split()[1] == "Endpoint"]
    assert calls == [f"DeleteResource Endpoint {OLD}", f"CreateResource Endpoint {NEW}"]


def test_a_variant_keeps_its_name_under_an_endpoint(story):
    """Source: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html"""
    assert f"Set variant_name to AllTraffic, or replace the endpoint {OLD}" in str(story.refused)
    assert f"Set variant_name to primary, or replace the endpoint {NEW}" in str(story.back)


def test_a_new_endpoint_takes_another_name_of_its_variant(story):
    for step, endpoint, variant in ((story.both, NEW, "primary"), (story.replaced, NEW, "AllTraffic")):
        assert step.after.variant(endpoint)["VariantName"] == variant
        assert list(step.after["scalable_targets"]) == [f"endpoint/{endpoint}/variant/{variant}"]
        assert step.remaining == []
