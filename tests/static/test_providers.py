"""Requirements of each directory, and where providers may be configured."""

import re
from functools import cache

import pytest

from scaleproof.terraform.executable import BROKEN, MINIMUM
from tests.static.directories import read

# awscc_sagemaker_endpoint_config came with 1.100.0, additional_model_data_source of aws_sagemaker_model with
# 6.22.0 (changelog of hashicorp/aws, pull request 44407): an older one refuses the module's block for it.
LOWEST = {"aws": (6, 22), "awscc": (1, 100)}
# Terraform 1.16.0 skips destroys (hashicorp/terraform issue 39076). The changelog of 1.16.1 has the mend.
TERRAFORM = ">= 1.9, != 1.16.0"
SOURCES = {"aws": "hashicorp/aws", "awscc": "hashicorp/awscc"}
BUILT_IN = {"terraform"}  # terraform_data


def bounds(constraint):
    """Return the lowest version a constraint allows and the first one it excludes, None where open."""
    lowest = None
    excluded = None
    for part in constraint.split(","):
        match = re.fullmatch(r"\s*(>=|<=|~>|>|<|=)?\s*(\d+(?:\.\d+)*)\s*", part)
        assert match, f"not a version constraint: {part!r}"
        operator, version = match[1] or "=", tuple(int(number) for number in match[2].split("."))
        if operator in {">=", ">", "~>", "="}:
            lowest = version
        if operator == "<":
            excluded = version
        elif operator == "~>":
            excluded = (*version[:-2], version[-2] + 1)
    return lowest, excluded


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (">= 6.0", ((6, 0), None)),
        (">= 6.0, < 7.0", ((6, 0), (7, 0))),
        ("~> 6.1", ((6, 1), (7,))),
        ("~> 1.100.2", ((1, 100, 2), (1, 101))),
    ],
)
def test_bounds_of_a_constraint(constraint, expected):
    assert bounds(constraint) == expected


def test_terraform_is_bounded_from_below_and_the_broken_release_is_excluded(directory):
    """1.9 brought validations that read other variables. An upper bound would shut out the next Terraform."""
    assert directory.required_version == TERRAFORM
    minimum, *excluded = TERRAFORM.split(", ")
    assert minimum == f">= {'.'.join(map(str, MINIMUM))}"
    assert excluded == [f"!= {version}" for _, version in BROKEN]


def test_providers_are_bounded_on_both_sides(directory):
    for name, provider in directory.required_providers.items():
        lowest, excluded = bounds(provider.version)
        where = directory.directory / "versions.tf"
        assert lowest is not None, f"{where}: {name} has no lower bound"
        assert lowest[:2] >= LOWEST[name], f"{where}: {name} {provider.version}"
        assert excluded is not None, f"{where}: {name} has no upper bound"
        assert excluded[0] == lowest[0] + 1, f"{where}: bound {name} by the next major version"


def test_providers_come_from_hashicorp(directory):
    assert {name: provider.source for name, provider in directory.required_providers.items()}.items() <= SOURCES.items()


@pytest.fixture(scope="session")
def called(sources):
    """Gives the directories of all modules below one; most are below several."""

    @cache
    def found(directory):
        direct = frozenset(
            (sources.get(call.source.partition("?")[0]) or directory / call.source).resolve()
            for call in read(directory).calls.values()
        )
        return direct.union(*map(found, direct))

    return found


def test_exactly_the_providers_in_use_are_required(directory, called):
    """A module requires what its own resources use; a caller, what the modules below it use as well."""
    used = providers_used(directory)
    below = {name for path in called(directory.directory) for name in providers_used(read(path))}
    required = set(directory.required_providers)
    assert used <= required, f"not required: {used - required}"
    assert required <= used | below, f"required and not used: {required - used - below}"


def providers_used(module):
    types = [
        *(resource.type for resource in module.resources.values()),
        *(source.type for source in module.data.values()),
    ]
    return {name.split("_")[0] for name in types} - BUILT_IN


def test_a_module_configures_no_provider(module):
    """A module with a provider block can take neither count nor depends_on, and outlives no destroy."""
    assert [f"{block.file}:{block.line}" for block in module.providers] == []


def test_an_example_configures_every_provider_it_needs(example):
    assert {block.labels[0] for block in example.providers} == set(example.required_providers)
    for block in example.providers:
        assert "region" in block.attributes, f"{block.file}:{block.line}: name the region"
        assert not {"access_key", "secret_key", "token"} & set(block.attributes)


def test_bounds_are_the_same_everywhere(module, root_module):
    for name, provider in module.required_providers.items():
        assert provider.version == root_module.required_providers[name].version, name


@pytest.fixture
def root_module(root):
    return read(root)
