"""Writes scaleproof/translation/schemas/*.json: what the real providers say of the types that the stand-ins plan.

    python -m tools.provider_schemas [--aws VERSION] [--awscc VERSION] [--schemas FILE] [TYPE...]

It asks the providers of the registry with `terraform providers schema -json`, at the versions of the committed files or
at those given. FILE holds that answer, where somebody else asked. A TYPE is added to those that are there, as
`aws_sqs_queue` or `data.aws_sqs_queue`. What a schema does not say is written by hand, into rules.json beside them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).resolve().parent.parent / "scaleproof" / "translation" / "schemas"
PROVIDERS = ("aws", "awscc")
KINDS = {"": "resource_schemas", "data.": "data_source_schemas"}
FLAGS = ("type", "required", "optional", "computed", "sensitive", "deprecated")
Json = dict[str, Any]


def ask(versions: Mapping[str, str]) -> Json:
    """The answer of `terraform providers schema -json` for these versions of the two providers, from the registry.

    Raises SystemExit where there is no terraform, or it fails.
    """
    required = {name: {"source": f"hashicorp/{name}", "version": versions[name]} for name in PROVIDERS}
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "main.tf.json").write_text(json.dumps({"terraform": {"required_providers": required}}))
        try:
            subprocess.run(["terraform", "init", "-input=false"], cwd=scratch, check=True, stdout=sys.stderr)
            command = ["terraform", "providers", "schema", "-json"]
            output = subprocess.run(command, cwd=scratch, check=True, stdout=subprocess.PIPE).stdout
        except FileNotFoundError:
            raise SystemExit("No terraform is on PATH. Install it, or give its answer with --schemas.") from None
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{' '.join(error.cmd)} failed. It needs the providers' registry.") from None
    answer: Json = json.loads(output)
    return answer


def select(answer: Json, name: str, version: str, types: Mapping[str, set[str]]) -> Json:
    """The document of one provider: of the types of each kind what the stand-ins read.

    Raises SystemExit where the provider has no such type.
    """
    source = f"hashicorp/{name}"
    schemas = answer["provider_schemas"][f"registry.terraform.io/{source}"]
    document: Json = {"source": source, "version": version, "provider": _schema(schemas["provider"])}
    for kind, names in types.items():
        if missing := sorted(names - schemas[kind].keys()):
            raise SystemExit(f"{source} {version} has no {', '.join(missing)} in its {kind}.")
        document[kind] = {type_name: _schema(schemas[kind][type_name]) for type_name in sorted(names)}
    return document


def _schema(schema: Json) -> Json:
    return {"version": schema["version"], "block": _block(schema["block"])}


def _block(block: Json) -> Json:
    result: Json = {}
    if attributes := block.get("attributes"):
        result["attributes"] = _attributes(attributes)
    if block_types := block.get("block_types"):
        result["block_types"] = {
            name: {
                "nesting_mode": nested["nesting_mode"],
                "block": _block(nested["block"]),
                **{limit: nested[limit] for limit in ("min_items", "max_items") if limit in nested},
            }
            for name, nested in sorted(block_types.items())
        }
    return result


def _attributes(attributes: Json) -> Json:
    result: Json = {}
    for name, attribute in sorted(attributes.items()):
        result[name] = {flag: attribute[flag] for flag in FLAGS if flag in attribute}
        if nested := attribute.get("nested_type"):
            members = {"attributes": _attributes(nested["attributes"]), "nesting_mode": nested["nesting_mode"]}
            result[name] = {"nested_type": members, **result[name]}
    return result


def render(value: Any, indent: int = 0) -> str:
    """JSON with one attribute to a line, so that a change of a provider is a readable diff."""
    if not isinstance(value, dict) or not any(isinstance(member, dict) for member in value.values()):
        return json.dumps(value, ensure_ascii=False)
    pad = " " * (indent + 1)
    body = ",\n".join(f"{pad}{json.dumps(key)}: {render(member, indent + 1)}" for key, member in value.items())
    return f"{{\n{body}\n{' ' * indent}}}"


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    for name in PROVIDERS:
        parser.add_argument(f"--{name}", metavar="VERSION", help=f"version of hashicorp/{name} to ask")
    parser.add_argument("--schemas", type=Path, metavar="FILE", help="an answer of terraform providers schema -json")
    parser.add_argument("types", nargs="*", metavar="TYPE", help="a resource type, or data. and a data source, to add")
    options = parser.parse_args()
    documents = {name: json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")) for name in PROVIDERS}
    versions = {name: getattr(options, name) or documents[name]["version"] for name in PROVIDERS}
    answer = json.loads(options.schemas.read_text("utf-8")) if options.schemas else ask(versions)
    for name, document in documents.items():
        types = {kind: set(document[kind]) for kind in KINDS.values()}
        for word in options.types:
            prefix, type_name = ("data.", word[5:]) if word.startswith("data.") else ("", word)
            if type_name.startswith(f"{name}_"):
                types[KINDS[prefix]].add(type_name)
        text = render(select(answer, name, versions[name], types)) + "\n"
        (SCHEMAS / f"{name}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
