"""The HCL of the documents plans as it stands, and the commands in them are ones that there are."""

import os
import re
import shlex
from itertools import dropwhile, pairwise

import botocore.session
import click
import pytest
from botocore import xform_name

from scaleproof.cli import app
from tests.plan.planner import REPOSITORY

PAGES = sorted(
    [
        *REPOSITORY.glob("*.md"),
        *REPOSITORY.glob("docs/**/*.md"),
        *REPOSITORY.glob("modules/*/README.md"),
        *REPOSITORY.glob("examples/*/README.md"),
    ]
)
PROVIDERS = """
provider "aws" { region = "us-east-1" }
provider "awscc" { region = "us-east-1" }
variable "model_package_arn" { default = "arn:aws:sagemaker:us-east-1:865070037744:model-package/nova-3" }
"""
ADDRESS = "<this repository>"
"""What the documents have in place of an address that only the reader knows."""
TESTED_ELSEWHERE = {
    # Run in the repository of examples/user-ci.
    "python": "tests/unit/user_ci",
    "yaml": "tests/unit/user_ci",
    # The boundary that a role can begin with.
    "json": "tests/apply/test_operator.py",
    # What a program prints, and a diagram.
    "text": "",
    "mermaid": "",
}
PROGRAMS = {
    "make": set(" ".join(re.findall(r"^([a-z ]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)).split()),
    "cat": set(),
    "cd": set(),
    "dask": {"scheduler", "worker"},
    "echo": set(),
    "eval": {"$(scaleproof up)", "$(scaleproof down)"},
    "export": set(),
    "terraform": {"apply", "destroy", "import", "init", "output", "plan", "providers", "state", "untaint"},
    "pip": {"install"},
    "python": {"-c"},
    "python3": {"-m"},
    "pytest": set(),
}
"""Programs that the documents call, and what may follow."""
FILES = ("FILE", "call.wav", "plan.json", "request.json")
"""Words of the documents that stand for a file of the reader's."""


def blocks(page):
    """Language and text of every block of a page that was written by hand."""
    text = re.sub(r"<!-- BEGIN_TF_DOCS -->.*?<!-- END_TF_DOCS -->", "", page.read_text(), flags=re.DOTALL)
    yield from re.findall(r"^```(\w*)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def written_in(language):
    """Every block in a language: its page, its number there, and its text."""
    return [
        (page, number, text) for page in PAGES for number, (found, text) in enumerate(blocks(page)) if found == language
    ]


def named(found):
    """Blocks as parameters that are named after their place."""
    return [pytest.param(*one, id=f"{one[0].relative_to(REPOSITORY)}-{one[1]}") for one in found]


def commands(text):
    """The words of each command of a console block, or within `NAME=$(...)`; without variables before it."""
    lines = re.findall(r"^\$ ((?:.*\\\n)*.*)", text, flags=re.MULTILINE)
    whole = [re.sub(r"^[A-Z]+=\$\((.*)\)$", r"\1", line.replace("\\\n", " ")) for line in lines]
    split = [shlex.split(line, comments=True) for line in whole]
    return [list(dropwhile(lambda word: re.match(r"[A-Z_]+=", word), words)) for words in split]


def test_every_block_is_in_a_language_that_is_tested():
    found = {language for page in PAGES for language, _ in blocks(page)}
    assert found <= {"hcl", "console", *TESTED_ELSEWHERE}


def takes_over(block):
    """Whether a block only imports or removes, beside the module block before it on its page."""
    found = set(re.findall(r"^(\w+) ", block, flags=re.MULTILINE))
    return bool(found) and found <= {"import", "removed"}


def configures_providers(block):
    """Whether a block is a whole root configuration, and not a module block for the reader's own."""
    return bool(re.search(r"^provider ", block, flags=re.MULTILINE))


@pytest.fixture(scope="module")
def planned(tmp_path_factory, plan):
    """The module blocks of all pages in one root; each is in a file, which errors name, after its place."""
    root = tmp_path_factory.mktemp("blocks")
    (root / "providers.tf").write_text(PROVIDERS)
    for page, number, block in written_in("hcl"):
        if configures_providers(block) or takes_over(block):
            continue
        module = page.parent if page.parent.parent.name == "modules" else REPOSITORY
        source = os.path.relpath(module, root.resolve())
        name = label(page, number)
        block, labelled = re.subn(r'^module ".*"', f'module "{name}"', block, flags=re.MULTILINE)
        block, replaced = re.subn(r'^(  source\s*= )".*"$', rf'\1"{source}"', block, flags=re.MULTILINE)
        assert (labelled, replaced) == (1, 1), name
        (root / f"{name}.tf").write_text(block)
    return plan(root)


def label(page, number):
    """A name for a block that Terraform takes."""
    return re.sub(r"\W", "-", f"{page.relative_to(REPOSITORY)}-{number}")


def imported(block):
    """The addresses that a block imports to."""
    return re.findall(r"^  to = (.+)$", block, flags=re.MULTILINE)


def addresses(page, number, planned):
    """What the module block before a block of its page makes, by the addresses that the page has for it."""
    [*_, (_, before, block)] = [
        one for one in written_in("hcl") if one[0] == page and one[1] < number and not takes_over(one[2])
    ]
    name, own = label(page, before), re.findall(r'^module "(.*)"', block, flags=re.MULTILINE)
    made = [change.address for change in planned.changes]
    return {re.sub(f"^module\\.{re.escape(name)}\\.", f"module.{own[0]}.", address) for address in made}


@pytest.mark.parametrize(("page", "number", "block"), named(written_in("hcl")))
def test_hcl_plans(page, number, block, planned, plan, tmp_path):
    if takes_over(block):
        assert sorted(imported(block)) == sorted(set(imported(block)) & addresses(page, number, planned))
        return
    if configures_providers(block):
        source = os.path.relpath(REPOSITORY, tmp_path.resolve())
        (tmp_path / "main.tf").write_text(block.replace(ADDRESS, source))
        assert {change.actions for change in plan(tmp_path).changes} == {("create",)}
        return
    changes = [one for one in planned.changes if one.address.startswith(f"module.{label(page, number)}.")]
    assert changes
    assert {change.actions for change in changes} == {("create",)}


@pytest.mark.parametrize(("page", "number", "block"), named(written_in("console")))
def test_commands_exist(page, number, block, tmp_path, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    found = commands(block)
    assert found
    for name, *words in found:
        program = name.rpartition("/")[2]
        if program == "scaleproof":
            parsed(words, tmp_path)
        elif program == "aws":
            called(*words)
        else:
            known = PROGRAMS[program]
            assert not known or words[0] in known, f"{program} {words[0]}"


def parsed(words, scratch):
    """Takes a command of ours apart as a run would, with files that a user has where words stand for some."""
    name, *arguments = words
    command = app.command(name)
    (file := scratch / "file").write_text("time,duration\n0,1\n")
    there = {"DIR": str(scratch), **dict.fromkeys(FILES, str(file))}
    present = [
        re.sub(r"\w+(\.csv|/)$", str(file), word) if option == "--traffic" else there.get(word, word)
        for option, word in pairwise(["", *arguments])
    ]
    # Within the group, whose settings a command takes over for good when it is first used.
    within = click.Context(app.group, info_name="scaleproof", **app.group.context_settings)
    try:
        command.make_context(name, present, parent=within)
    except click.UsageError as error:
        pytest.fail(f"scaleproof {name}: {error.format_message()}")


def called(service, operation, *arguments):
    """Takes a call of the AWS CLI apart: every option is a member of the operation, or the region."""
    if service == "s3":  # the CLI's own commands, which no service model has
        assert operation in {"cp", "ls", "rm", "sync"}
        return
    session = botocore.session.get_session()
    if operation == "wait":
        operation, *arguments = arguments
        waiters = session.get_waiter_model(service)
        waiter = {xform_name(name, "-"): name for name in waiters.waiter_names}[operation]
        operation = xform_name(waiters.get_waiter(waiter).operation, "-")
    model = session.get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    options = {f"--{xform_name(member, '-')}": member for member in shape.members}
    flags = {
        option.replace("--", "--no-", 1)
        for option, name in options.items()
        if shape.members[name].type_name == "boolean"
    }
    given = {argument for argument in arguments if argument.startswith("--")}
    assert given <= {"--region", *options, *flags}
    assert given >= {f"--{xform_name(member, '-')}" for member in shape.required_members}
