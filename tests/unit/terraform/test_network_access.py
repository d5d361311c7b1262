"""Whatever would use the network is refused with file and line before Terraform starts, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.providers.session import StandIns
from scaleproof.terraform.root import Root

REPOSITORY = Path(__file__).resolve().parents[3]
REMOTE = 'data "terraform_remote_state" "x" {{\n  backend = {}\n}}\n'
MODULE = 'module "x" {{\n  source = {}\n}}\n'
SOURCES = (
    "git::https://198.51.100.7/x.git",
    "git::/srv/x",
    "git@198.51.100.7:x.git",
    "hg::http://198.51.100.7/x",
    "s3::https://s3-eu-west-1.amazonaws.com/bucket/x.zip",
    "gcs::https://www.googleapis.com/storage/v1/bucket/x.zip",
    "http://198.51.100.7/x.zip",
    "https://198.51.100.7/x",
    "github.com/acme/x",
    "bitbucket.org/acme/x",
    "acme/x/aws",
    "modules/speech/aws",
    "app.terraform.io/acme/x/aws",
    "oci://198.51.100.7/x",
    "/nowhere/x.zip",
)
RANDOM = "the provider hashicorp/random would be fetched"
# The text of main.tf, the line of the finding, and its message.
REFUSED: list[tuple[str, int, str]] = [
    *((MODULE.format(f'"{source}"'), 2, f'module.x comes from "{source}"') for source in SOURCES),
    (MODULE.format("var.x"), 2, "module.x comes from var.x, which only Terraform can evaluate"),
    (MODULE.format('"./${local.x}"'), 2, "which only Terraform can evaluate"),
    *(
        (
            REMOTE.format(f'"{name}"'),
            1,
            f'data.terraform_remote_state.x reads a state from the backend "{name}"',
        )
        for name in ("s3", "http", "remote", "consul", "gcs", "azurerm", "pg", "kubernetes")
    ),
    (REMOTE.format("var.x"), 1, "from the backend var.x"),
    (REMOTE.format('"http"').replace("_remote", "_\\u0072emote"), 1, 'from the backend "http"'),
    (
        REMOTE.format('"http"').replace('"terraform_remote_state" "x"', "terraform_remote_state x"),
        1,
        '"http"',
    ),
    ("\ufeff" + REMOTE.format('"http"'), 1, '"http"'),
    ("/*\n*/ " + REMOTE.format('"http"'), 2, '"http"'),
    ('check "x" {\n  ' + REMOTE.format('"http"') + "}\n", 2, '"http"'),
    ('data "http" "x" {\n}\n', 1, "data.http.x: the provider hashicorp/http would be fetched"),
    ('data "external" "x" {\n}\n', 1, "data.external.x: the provider hashicorp/external would be fetched"),
    ('resource "random_id" "x" {\n}\n', 1, f"random_id.x: {RANDOM}"),
    ('ephemeral "random_password" "x" {\n}\n', 1, f"ephemeral.random_password.x: {RANDOM}"),
    ('action "random_act" "x" {\n}\n', 1, RANDOM),
    ('\nprovider "random" {}\n', 2, f"provider.random: {RANDOM}"),
    ('resource "terraform_data" "x" {\n  provider = random\n}\n', 1, f"terraform_data.x: {RANDOM}"),
    ('data "aws_region" "x" { provider = random.other }\n', 1, f"data.aws_region.x: {RANDOM}"),
    ("import {\n  to = module.a[0].random_id.x\n  id = 1\n}\n", 1, f"import: {RANDOM}"),
    (
        'terraform {\n  required_providers {\n    aws = { source = "acme/aws" }\n  }\n}\n',
        3,
        "the provider acme/aws would be fetched",
    ),
    (
        'terraform {\n  required_providers {\n    aws = { # source = "hashicorp/aws"\n'
        '      "s\\u006furce" = "198.51.100.7/acme/aws", configuration_aliases = [aws.x]\n    }\n  }\n}\n',
        3,
        "the provider 198.51.100.7/acme/aws would be fetched",
    ),
    (
        'terraform {\n  encryption {\n    key_provider "aws_kms" "x" {}\n  }\n}\n',
        3,
        "key_provider.aws_kms.x fetches the key of a state",
    ),
    (
        'terraform {\n  encryption {\n    method "external" "x" {}\n  }\n}\n',
        3,
        "method.external.x runs a program",
    ),
    (MODULE.format(""), 2, "the file cannot be read, so what it uses is unknown: not HCL"),
    (REMOTE.format('"local"').replace("data ", "data /* \n */ "), 2, "the file cannot be read"),
]
REMOTE_URL = "http://198.51.100.7:4566"
PROVIDER = 'provider "aws" {{\n  region = "us-east-1"\n  {}\n}}\n'
# The same with the registry's providers: what bypasses LocalStack.
BYPASSES: list[tuple[str, int, str]] = [
    (PROVIDER.format(f'endpoints {{\n    sts = "{REMOTE_URL}"\n  }}'), 3, "provider.aws sets endpoints"),
    (PROVIDER.format('dynamic "endpoints" {\n  }'), 3, "provider.aws sets endpoints"),
    (PROVIDER.format(f'endpoints = {{ sts = "{REMOTE_URL}" }}').replace("aws", "awscc"), 3, "sets endpoints"),
    (PROVIDER.format('https_proxy = "http://127.0.0.1:3128"'), 3, "provider.aws sets https_proxy"),
    (PROVIDER.format("http_proxy = var.proxy"), 3, "provider.aws sets http_proxy"),
    (PROVIDER.format('shared_config_files = ["/etc/aws/config"]'), 3, "sets shared_config_files"),
    (MODULE.format('"acme/x/aws"'), 2, "module.x comes from"),
]


def refusal(root: Path, standins: StandIns | None, **options: object) -> str:
    """The message instead of a plan. Terraform was not started."""
    with Root(root, standins=standins, **options) as planned:  # type: ignore[arg-type]
        with pytest.raises(ScaleproofError, match="Terraform was not started") as raised:
            planned.plan()
        assert not (planned._work.path / ".terraform").exists()
    assert "--allow-network" in str(raised.value)
    return raised.value.message


@pytest.fixture(autouse=True)
def offline(standins: StandIns | None) -> None:
    if standins is None:
        pytest.skip("these tests are about the stand-ins")


@pytest.mark.parametrize(
    ("text", "line", "words", "registry"),
    [(*one, False) for one in REFUSED] + [(*one, True) for one in BYPASSES],
)
def test_whatever_uses_the_network_is_refused(
    write: Callable[..., Path], standins: StandIns, text: str, line: int, words: str, registry: bool
) -> None:
    (found,) = refusal(write(root__main=text), None if registry else standins).splitlines()[1:]
    assert f"root/main.tf:{line}: " in found
    assert words in found


def test_all_findings_are_reported_together(
    write: Callable[..., Path], standins: StandIns, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the root and in the modules that it calls, each once, relative to the current directory."""
    called = 'module "{0}" {{\n  source = "../{0}"\n}}\n'
    root = write(
        root__main=called.format("a") + called.format("b"),
        root__state=REMOTE.format('"s3"'),
        a__main=called.format("b") + called.format("a"),
        b__main='data "http" "x" {\n}\ndata "http" "y" {\n}\n',
    )
    monkeypatch.chdir(tmp_path)
    assert [line.split(": ")[0].strip() for line in refusal(root, standins).splitlines()[1:]] == [
        "root/state.tf:1", "b/main.tf:1",
    ]  # fmt: skip


def json_of(document: object) -> str:
    return json.dumps(document, indent=1)


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ({"module": {"x": {"source": "acme/x/aws"}}}, 4),
        ({"module": {"x": [{"source": "./${var.x}"}]}}, 5),
        ([{"data": [{"terraform_remote_state": [{"x": [{"backend": "http"}]}]}]}], 7),
        ({"check": {"x": {"data": {"http": {"y": {}}}}}}, 6),
        ({"terraform": {"required_providers": {"random": {"source": "hashicorp/random"}}}}, 4),
        ({"resource": {"aws_iam_role": {"x": {"provider": "random"}}}}, 4),
        ({"import": {"to": "random_id.x", "id": "x"}}, 2),
    ],
)
def test_the_json_syntax_counts(
    write: Callable[..., Path], standins: StandIns, document: object, line: int
) -> None:
    root = write(root__main="")
    (root / "more.tf.json").write_text(json_of(document))
    (found,) = refusal(root, standins).splitlines()[1:]
    assert f"root/more.tf.json:{line}: " in found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"module":\n{', "more.tf.json:2: the file cannot be read"),
        ('{"data": {}, "data": {"http": {"x": {}}}}', "'data' is there twice"),
    ],
)
def test_json_that_cannot_be_read(
    write: Callable[..., Path], standins: StandIns, text: str, words: str
) -> None:
    root = write(root__main="")
    (root / "more.tf.json").write_text(text)
    assert words in refusal(root, standins)


def test_files_of_opentofu_count(write: Callable[..., Path], standins: StandIns) -> None:
    root = write(root__main="")
    (root / "more.tofu").write_text(REMOTE.format('"http"'))
    assert "more.tofu:1: " in refusal(root, standins)


@pytest.mark.parametrize("block", ['backend "http" {}', "cloud {}"])
def test_a_backend_that_the_override_does_not_replace(
    write: Callable[..., Path], standins: StandIns, block: str
) -> None:
    """Other backends are replaced: see test_plan_to_destroy in test_root.py."""
    text = f"terraform {{\n  {block}\n}}\n"
    root = write(root__main=text, root__a_override="", m__main=text)
    with Root(root, standins=standins) as planned:
        planned.plan()
    last = write(root__zzz_override=text)
    assert re.search(
        r"zzz_override\.tf:2: .* is used, as zzz_override.tf is read last", refusal(last, standins)
    )


def test_an_override_file_wins(write: Callable[..., Path], standins: StandIns) -> None:
    here, there = MODULE.format('"../m"'), MODULE.format('"acme/x/aws"')
    root = write(root__main=there, root__override=here, m__main="")
    with Root(root, standins=standins) as planned:
        planned.plan()
    assert "root/override.tf:2: module.x" in refusal(write(root__main=here, root__override=there), standins)


def test_a_copy_of_a_module_is_read_in_its_place(write: Callable[..., Path], standins: StandIns) -> None:
    root = write(root__main=MODULE.format('"acme/x/aws"'), copy__main="")
    copies = {"acme/x/aws": root.parent / "copy"}
    with Root(root, standins=standins, sources=copies) as planned:
        planned.plan()
    write(copy__main=REMOTE.format('"http"'))
    assert "/copy/main.tf:1: " in refusal(root, standins, sources=copies)


ALLOWED = (
    REMOTE.format('"local"').replace("}\n", '  config  = { path = "state.json" }\n}\n'),
    MODULE.format('"./m"'),
    MODULE.format('"{absolute}"'),
    MODULE.format('"file://{absolute}"'),
    'data "aws_caller_identity" "x" {}\nprovider "aws" {\n  profile = "work"\n}\n',
    'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "false"\n  }\n}\n',
    'terraform {\n  required_providers {\n    speech = { source = "HashiCorp/aws" }\n  }\n}\n'
    'data "aws_region" "x" {\n  provider = speech\n}\n',
    '# data "http" "x" {\nlocals {\n  x = <<-EOT\n    module "x" {\n    source = "acme/x/aws"\n  EOT\n}\n',
    "locals {\n  data = {}\n  module = { source = 1 }\n}\n",
    "moved {\n  from = random_id.x\n  to   = random_id.y\n}\n",
)


@pytest.mark.parametrize("text", ALLOWED)
def test_what_needs_no_network_is_planned(write: Callable[..., Path], standins: StandIns, text: str) -> None:
    root = write(root__main="", root__m__main="")
    (root / "state.json").write_text(
        '{"version": 4, "serial": 1, "lineage": "x", "outputs": {}, "resources": []}'
    )
    write(root__main=text.replace("{absolute}", str(root / "m")))
    (root / ".#main.tf").symlink_to("an editor's lock")
    with Root(root, standins=standins) as planned:
        planned.plan()


def test_provisioners_are_refused_if_they_would_run(
    write: Callable[..., Path], standins: StandIns, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    provisioner = f'provisioner "local-exec" {{\n    command = "touch {ran}"\n  }}'
    text = f'resource "terraform_data" "x" {{\n  {provisioner}\n}}\n'
    root = write(root__main=text)
    with Root(root, standins=standins) as refused:
        assert len(refused.plan().changes) == 1
        for act in (refused.apply, refused.destroy):
            with pytest.raises(ScaleproofError, match=r"main\.tf:2: provisioner\.local-exec runs a program"):
                act()
        assert not ran.exists()
    with Root(root, standins=standins, allow_network=True) as allowed:
        allowed.apply()
    assert ran.exists()


def test_the_providers_of_the_state_count(
    write: Callable[..., Path], standins: StandIns, tmp_path: Path
) -> None:
    state = tmp_path / "scaleproof.tfstate"
    provider = 'provider["registry.terraform.io/hashicorp/{}"]'
    one = {"mode": "managed", "type": "x", "name": "x", "instances": []}
    written = [{**one, "provider": provider.format(name)} for name in ("aws", "random")]
    whole = {"version": 4, "serial": 1, "lineage": "x", "resources": written}
    state.write_text(json.dumps(whole, indent=2))
    assert "/scaleproof.tfstate:18: the provider registry.terraform.io/hashicorp/random" in refusal(
        write(root__main=""), standins, state=state
    )


@pytest.mark.parametrize(
    "text",
    [
        PROVIDER.format('endpoints {\n    sts = "http://127.0.0.1:4566"\n  }\n  assume_role {\n  }'),
        PROVIDER.format("http_proxy = null\n  shared_config_files = []\n  profile = null"),
        'resource "random_id" "x" {\n  byte_length = 2\n}\n',
    ],
)
def test_with_the_registrys_providers_these_are_allowed(write: Callable[..., Path], text: str) -> None:
    with Root(write(root__main=text)) as root:
        root.check(applying=True)
