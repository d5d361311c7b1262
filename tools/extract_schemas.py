#!/usr/bin/env python3
"""Makes scaleproof/translation/schemas/*.json from what the real providers publish.

    tools/extract_schemas.py [--wheels DIR] [--check]

Sources, none of them ever installed (their requirements conflict with ours; they are opened as archives):
the CDK Terrain bindings of hashicorp/aws and hashicorp/awscc, which are generated from `terraform providers
schema -json`, and the CloudFormation registry schemas in cfn-lint, from which hashicorp/awscc itself is
generated. schema_overlay.json beside this script adds what the bindings lose. --wheels names a directory
that has the three wheels already; else pip downloads them (about 180 MB). --check writes nothing and exits
with 1 if a committed file differs.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

WHEELS = {
    "aws": ("cdktn-provider-aws", "25.8.1"),
    "awscc": ("cdktn-provider-awscc", "1.8.0"),
    "cloudformation": ("cfn-lint", "1.58.0"),
}
AWS_RESOURCES = (
    "appautoscaling_policy",
    "appautoscaling_scheduled_action",
    "appautoscaling_target",
    "cloudwatch_composite_alarm",
    "cloudwatch_dashboard",
    "cloudwatch_log_group",
    "cloudwatch_metric_alarm",
    "iam_role",
    "iam_role_policy",
    "iam_role_policy_attachment",
    "kms_alias",
    "kms_key",
    "s3_bucket",
    "s3_bucket_lifecycle_configuration",
    "s3_bucket_policy",
    "s3_bucket_public_access_block",
    "s3_bucket_server_side_encryption_configuration",
    "sagemaker_endpoint",
    "sagemaker_endpoint_configuration",
    "sagemaker_model",
    "sns_topic",
    "sns_topic_policy",
)
AWS_DATA_SOURCES = (
    "caller_identity",
    "default_tags",
    "iam_policy_document",
    "partition",
    "region",
    "servicequotas_service_quota",
)
# What stands around the module: for plans only, so the overlay says no more than what is sensitive.
AWS_PLANNED_RESOURCES = (
    "cloudwatch_event_rule",
    "cloudwatch_event_target",
    "cloudwatch_log_metric_filter",
    "cloudwatch_log_subscription_filter",
    "ecr_lifecycle_policy",
    "ecr_repository",
    "ecr_repository_policy",
    "eip",
    "iam_group",
    "iam_group_policy_attachment",
    "iam_instance_profile",
    "iam_policy",
    "iam_policy_attachment",
    "iam_service_linked_role",
    "iam_user",
    "iam_user_policy",
    "iam_user_policy_attachment",
    "internet_gateway",
    "kms_grant",
    "kms_key_policy",
    "lambda_alias",
    "lambda_event_source_mapping",
    "lambda_function",
    "lambda_permission",
    "nat_gateway",
    "route",
    "route_table",
    "route_table_association",
    "s3_bucket_cors_configuration",
    "s3_bucket_logging",
    "s3_bucket_notification",
    "s3_bucket_ownership_controls",
    "s3_bucket_versioning",
    "s3_object",
    "secretsmanager_secret",
    "secretsmanager_secret_version",
    "security_group",
    "security_group_rule",
    "sns_topic_subscription",
    "sqs_queue",
    "sqs_queue_policy",
    "sqs_queue_redrive_policy",
    "ssm_parameter",
    "subnet",
    "vpc",
    "vpc_endpoint",
    "vpc_security_group_egress_rule",
    "vpc_security_group_ingress_rule",
)
# Those with an answer that only a cloud has.
AWS_PLANNED_DATA_SOURCES = (
    "availability_zones",
    "cloudwatch_log_group",
    "ecr_image",
    "ecr_repository",
    "iam_instance_profile",
    "iam_policy",
    "iam_role",
    "kms_alias",
    "kms_key",
    "lambda_function",
    "route_table",
    "route_tables",
    "s3_bucket",
    "s3_object",
    "sagemaker_prebuilt_ecr_image",
    "secretsmanager_secret",
    "secretsmanager_secret_version",
    "security_group",
    "security_groups",
    "sns_topic",
    "sqs_queue",
    "ssm_parameter",
    "subnet",
    "subnets",
    "vpc",
    "vpc_endpoint",
)
AWSCC_RESOURCES = {
    "sagemaker_endpoint": "AWS::SageMaker::Endpoint",
    "sagemaker_endpoint_config": "AWS::SageMaker::EndpointConfig",
}
AWSCC_DATA_SOURCES = ("sagemaker_endpoint",)  # of types above
DEFAULT_TIMEOUT = 120  # minutes; what awscc's generator passes where a handler names none

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "scaleproof" / "translation" / "schemas"
OVERLAY = Path(__file__).with_name("schema_overlay.json")

MEMBER = re.compile(r"^    // (\w+) - computed: (\w+), optional: (\w+), required: (\w+)$", re.MULTILINE)
CLASS = re.compile(r"^class (\w+) extends cdktn\.(\w+) \{$", re.MULTILINE)
HCL = re.compile(
    r"^ {8,}(\w+): \{\n\s+value: (.*),\n\s+isBlock: (true|false),\n\s+type: \"(\w+)\",\n"
    r"\s+storageClassType: \"(\w+)\",$",
    re.MULTILINE,
)
NESTED = re.compile(r"= new (\w+?)(List|OutputReference|MapList)\(this, \"\w+\"(?:, (true|false))?\)")
ELEMENTS = {"string": "string", "number": "number", "boolean": "bool", "any": "string"}
GETTERS = {
    "getStringAttribute": "string",
    "getNumberAttribute": "number",
    "getBooleanAttribute": "bool",
    "getListAttribute": ["list", "string"],
    "getNumberListAttribute": ["list", "number"],
    "StringMap": ["map", "string"],
    "BooleanMap": ["map", "bool"],
}

Json = dict[str, Any]


class Bindings:
    """One `index.js` of the bindings: a class for each level of nesting."""

    def __init__(self, source: str, *, nested_attributes: bool) -> None:
        """`nested_attributes`: the provider has no blocks at any level, as plugin-framework advises."""
        self._nested_attributes = nested_attributes
        starts = list(CLASS.finditer(source))
        ends = [match.start() for match in starts[1:]] + [len(source)]
        self._classes: dict[str, str] = {}
        self._main = ""
        for match, end in zip(starts, ends, strict=True):
            self._classes[match[1]] = source[match.start() : end]
            if match[2] in ("TerraformResource", "TerraformDataSource", "TerraformProvider"):
                self._main = match[1]
        functions = re.split(r"^function (\w+)ToHclTerraform\(", source, flags=re.MULTILINE)
        self._hcl = {
            name: dict(self._entries(body)) for name, body in zip(functions[1::2], functions[2::2], strict=True)
        }

    @staticmethod
    def _entries(body: str) -> list[tuple[str, tuple[str, bool, str, str]]]:
        body = body.split("\n}\n", 1)[0]
        return [(m[1], (m[2], m[3] == "true", m[4], m[5])) for m in HCL.finditer(body)]

    def block(self) -> Json:
        """The schema of the resource, data source or provider of this file."""
        body = self._classes[self._main]
        hcl = {m[1]: (m[2], m[3] == "true", m[4], m[5]) for m in HCL.finditer(body)}
        return self._block(body, hcl)

    def _struct(self, name: str) -> Json:
        hcl = self._hcl.get(name[0].lower() + name[1:], {})
        reference = self._classes.get(f"{name}OutputReference")
        if reference is not None:
            return self._block(reference, hcl)
        # Nested blocks of a provider have no output references: all that is left is their input form.
        attributes = {
            key: {"type": _plain(kind, storage), "optional": True} for key, (_, _, kind, storage) in hcl.items()
        }
        return {"attributes": attributes}

    def _block(self, body: str, hcl: dict[str, tuple[str, bool, str, str]]) -> Json:
        attributes: Json = {}
        blocks: Json = {}
        members = list(MEMBER.finditer(body))
        ends = [match.start() for match in members[1:]] + [len(body)]
        for match, end in zip(members, ends, strict=False):  # an empty block has no members
            name = match[1]
            flags = {
                key: True
                for key, text in zip(("computed", "optional", "required"), match.groups()[1:], strict=True)
                if text == "true"
            }
            text = body[match.end() : end]
            nested = NESTED.search(text)
            value, is_block, kind, storage = hcl.get(name, ("", False, "", ""))
            if nested is None and not is_block:
                attributes[name] = {"type": _plain(kind, storage) if kind else _getter(text), **flags}
                continue
            struct = nested[1] if nested else storage.removesuffix("List")
            nesting = {"struct": "single"}.get(kind, kind) or (
                "single"
                if nested and nested[2] == "OutputReference"
                else "set"
                if nested and nested[3] == "true"
                else "list"
            )
            inner = self._struct(struct)
            if self._nested_attributes:
                attributes[name] = {"nested": inner, "nesting": nesting, **flags}
            elif "computed" in flags:
                attributes[name] = {"type": _object(nesting, inner), **flags}
            else:
                block: Json = {"nesting": nesting}
                if nesting == "single" or "listMapper" in value or (nested and nested[2] == "List"):
                    pass  # no upper limit, as far as the bindings tell
                else:
                    block["max_items"] = 1
                if "required" in flags:
                    block["min_items"] = 1
                blocks[name] = {**block, "block": inner}
        return {"attributes": attributes, "blocks": blocks} if blocks else {"attributes": attributes}


def _plain(kind: str, storage: str) -> Any:
    element = ELEMENTS[re.sub(r"(List|Map)$", "", storage)]
    return element if kind == "simple" else [kind, element]


def _getter(text: str) -> Any:
    for name, cty in GETTERS.items():
        if f"this.{name}(" in text or f"cdktn.{name}(" in text:
            return ["set", cty[1]] if "Fn.tolist" in text else cty
    raise ValueError(f"no type in {text[:200]!r}")


def _object(nesting: str, block: Json) -> Any:
    fields = {name: _attribute_type(attribute) for name, attribute in block["attributes"].items()}
    return ["object", fields] if nesting == "single" else [nesting, ["object", fields]]


def _attribute_type(attribute: Json) -> Any:
    return attribute["type"] if "type" in attribute else _object(attribute["nesting"], attribute["nested"])


class Registry:
    """The CloudFormation schema of one type; adds to a block what awscc's generator takes from it."""

    def __init__(self, schema: Json) -> None:
        """Takes the registry's schema document."""
        self._schema = schema
        self._create_only = set(schema.get("createOnlyProperties", ()))
        self._write_only = set(schema.get("writeOnlyProperties", ()))

    def timeouts(self) -> dict[str, int]:
        """Minutes by handler."""
        handlers = self._schema["handlers"]
        return {
            name: handlers[name].get("timeoutInMinutes") or DEFAULT_TIMEOUT for name in ("create", "update", "delete")
        }

    def annotate(self, block: Json) -> None:
        """Adds CloudFormation's names; to what can be configured also its rules of replacing and writing."""
        self._annotate(block["attributes"], self._schema, "/properties")

    def _resolve(self, schema: Json) -> Json:
        while "$ref" in schema:
            schema = self._schema["definitions"][schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def _annotate(self, attributes: Json, schema: Json, path: str) -> None:
        properties = {name.lower(): name for name in schema["properties"]}
        for name, attribute in attributes.items():
            if name == "id" and path == "/properties":
                continue  # synthetic: the primary identifier
            key = properties[name.replace("_", "")]
            here = f"{path}/{key}"
            attribute["property_name"] = key
            if attribute.get("required") or attribute.get("optional"):
                attribute |= self._rules(here, required=key in schema.get("required", ()), given=attribute)
            inner = self._resolve(schema["properties"][key])
            if "nested" in attribute:
                if attribute["nesting"] != "single":
                    inner = self._resolve(inner["items"])
                    here += "/*"
                self._annotate(attribute["nested"]["attributes"], inner, here)

    def _rules(self, path: str, *, required: bool, given: Json) -> Json:
        rules: Json = {}
        if path in self._create_only:
            rules["force_new" if given.get("required") else "replace_if_configured"] = True
        if path in self._write_only:
            rules["write_only"] = True
        if path.count("/") > 2 and required and not given.get("required"):
            rules["checks"] = [{"configured": True}]
        return rules


def overlay(block: Json, additions: Json) -> None:
    """Adds the overlay's fields to the members they name; a name that is not there is a KeyError."""
    if "version" in additions:
        block["version"] = additions["version"]
    for path, fields in additions["attributes"].items():
        parent, target = block, block
        for step in path.split("."):
            parent = target.get("block") or target.get("nested") or target
            target = parent["attributes"].get(step) or parent.get("blocks", {})[step]
        for key, value in fields.items():
            if key == "checks":
                target[key] = [*target.get(key, []), *value]
            elif key != "source":
                target[key] = value


def extract(wheels: Path) -> dict[str, Json]:
    """Both schema documents, from the wheels in the directory."""
    additions = json.loads(OVERLAY.read_text("utf-8"))
    aws_lib = Library(wheels, "aws")
    aws: Json = {
        "provider": aws_lib.provider(),
        "resources": {f"aws_{name}": aws_lib.block(name) for name in sorted(AWS_RESOURCES + AWS_PLANNED_RESOURCES)},
        "data_sources": {
            f"aws_{name}": aws_lib.block(f"data_aws_{name}")
            for name in sorted(AWS_DATA_SOURCES + AWS_PLANNED_DATA_SOURCES)
        },
    }
    awscc_lib = Library(wheels, "awscc")
    awscc: Json = {"provider": awscc_lib.provider(), "resources": {}, "data_sources": {}}
    with zipfile.ZipFile(_wheel(wheels, "cloudformation")) as archive:
        index = json.loads(archive.read("cfnlint/data/schemas/providers/us-east-1.json"))
        for name, cloudformation_type in AWSCC_RESOURCES.items():
            path = f"cfnlint/data/schemas/resources/{index[cloudformation_type]}.json"
            registry = Registry(json.loads(archive.read(path)))
            block = awscc_lib.block(name)
            registry.annotate(block)
            kind = {"cloudformation_type": cloudformation_type}
            awscc["resources"][f"awscc_{name}"] = {**kind, "timeouts": registry.timeouts(), **block}
            if name in AWSCC_DATA_SOURCES:
                block = awscc_lib.block(f"data_awscc_{name}")
                registry.annotate(block)
                awscc["data_sources"][f"awscc_{name}"] = {**kind, **block}
    documents = {}
    for provider, library, document in (("aws", aws_lib, aws), ("awscc", awscc_lib, awscc)):
        for kind in ("resources", "data_sources"):
            for name, fields in additions[provider].get(kind, {}).items():
                overlay(document[kind][name], fields)
        packages = [WHEELS[provider], *([WHEELS["cloudformation"]] if provider == "awscc" else [])]
        sources = ", ".join([*(f"{name} {release}" for name, release in packages), "tools/schema_overlay.json"])
        head = {
            "generated_by": f"tools/extract_schemas.py from {sources}",
            "source": f"hashicorp/{provider}",
            "version": library.version,
        }
        documents[provider] = {**head, **document}
    return documents


class Library:
    """The generated JavaScript of one provider's bindings."""

    def __init__(self, wheels: Path, provider: str) -> None:
        """Reads the files in question out of the provider's wheel."""
        self._provider = provider
        with zipfile.ZipFile(_wheel(wheels, provider)) as archive:
            bundle = next(name for name in archive.namelist() if name.endswith(".jsii.tgz"))
            self._files = self._read(archive.read(bundle))
        found = re.search(r"providerVersion: '([\d.]+)'", next(iter(self._files.values())))
        if found is None:
            raise ValueError(f"the bindings of {provider} name no provider version")
        self.version = found[1]

    def _read(self, bundle: bytes) -> dict[str, str]:
        names = [*AWS_RESOURCES, *AWS_PLANNED_RESOURCES]
        names += [f"data_aws_{name}" for name in (*AWS_DATA_SOURCES, *AWS_PLANNED_DATA_SOURCES)]
        names += [*AWSCC_RESOURCES, *(f"data_awscc_{name}" for name in AWSCC_DATA_SOURCES)]
        wanted = {f"package/lib/{name.replace('_', '-')}/index.js": name for name in names}
        wanted["package/lib/provider/index.js"] = "provider"
        files = {}
        with tarfile.open(fileobj=io.BytesIO(bundle), mode="r:gz") as archive:
            for entry in archive:
                if entry.name in wanted and (content := archive.extractfile(entry)) is not None:
                    files[wanted[entry.name]] = content.read().decode()
        return dict(sorted(files.items(), key=lambda item: item[0] == "provider"))

    def block(self, name: str) -> Json:
        """The schema of one resource or (data_...) data source."""
        return Bindings(self._files[name], nested_attributes=self._provider == "awscc").block()

    def provider(self) -> Json:
        """The schema of the provider block."""
        block = self.block("provider")
        del block["attributes"]["alias"]  # a word of Terraform's, not of the provider's
        return block


def _wheel(directory: Path, key: str) -> Path:
    name, version = WHEELS[key]
    return next(directory.glob(f"{name.replace('-', '_')}-{version}-*.whl"))


def render(value: Any, indent: int = 0) -> str:
    """JSON with one attribute to a line, so that a change of a provider is a readable diff."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict) or (len(flat) < 120 - indent and not _holds_blocks(value)) or _leaf(value):
        return flat
    pad = " " * (indent + 1)
    body = ",\n".join(f"{pad}{json.dumps(key)}: {render(item, indent + 1)}" for key, item in value.items())
    return f"{{\n{body}\n{' ' * indent}}}"


def _holds_blocks(value: Json) -> bool:
    return any(isinstance(item, dict) for item in value.values())


def _leaf(value: Json) -> bool:
    return "type" in value and not isinstance(value["type"], dict)


def main() -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--wheels", type=Path, help="directory with the three wheels")
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if options.wheels is None:
            wanted = [f"{name}=={version}" for name, version in WHEELS.values()]
            print("downloading", ", ".join(wanted), file=sys.stderr)
            subprocess.run(
                [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", scratch, *wanted],
                check=True,
            )
        documents = extract(options.wheels or Path(scratch))
    stale = []
    for provider, document in documents.items():
        path = SCHEMAS / f"{provider}.json"
        text = render(document) + "\n"
        if options.check and (not path.exists() or path.read_text("utf-8") != text):
            stale.append(path.relative_to(ROOT))
        elif not options.check:
            path.write_text(text, "utf-8")
            print("wrote", path.relative_to(ROOT), file=sys.stderr)
    for path in stale:
        print(
            f"{path} differs from its sources; run tools/extract_schemas.py and commit the result",
            file=sys.stderr,
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
