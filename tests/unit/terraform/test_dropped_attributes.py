"""A plan warns of attributes that Terraform drops, because they are not in the type of the object."""

import json

import pytest

from scaleproof.terraform import dropped_attributes
from scaleproof.terraform.hcl import expression, of_value
from scaleproof.terraform.root import Root

CHILD = """
variable "realtime" {
  description = "type = object({ nothing = string }) is not this one"
  type = object({ # of an endpoint
    target_utilization = optional(number, 0.75)
    capacity           = optional(object({ min = number, max = number }), { min = 1, max = 2 })
    schedules          = optional(map(object({ at = string })), {})
    pools              = optional(list(object({ instance_type = string })), [])
    anything           = optional(any)
  })
  default = {}
}

variable "tags" {
  type    = map(string)
  default = {}
}

variable "old" {
  type    = map
  default = {}
}

variable "free" {
  type    = any
  default = null
}
"""


@pytest.fixture
def root(tmp_path):
    """A root with the module above in a directory."""
    (tmp_path / "root/child").mkdir(parents=True)
    (tmp_path / "root/child/main.tf").write_text(CHILD)
    return tmp_path / "root"


@pytest.fixture
def warnings(root):
    """The warnings of a plan of the root with this text."""

    def plan(text, arguments=(), **variables):
        (root / "main.tf").write_text(text)
        with Root(root, variables=variables, arguments=arguments) as run:
            return [str(one) for one in run.plan().warnings]

    return plan


def called(arguments, name="speech"):
    return f'module "{name}" {{\n  source = "./child"\n{arguments}\n}}\n'


def test_in_a_module_block(warnings):
    dropped = [
        ("{ target_utilisation = 0.6 }", "realtime.target_utilisation", "Did you mean target_utilization?"),
        ("{ capacity = { min = 1, max = 2, mox = 3 } }", "realtime.capacity.mox", "Did you mean max?"),
        ('{ schedules = { a = { at = "1", att = 2 } } }', 'realtime.schedules["a"].att', "Did you mean at?"),
        ('{ pools = [{ "instance_type" : "b", "kind" : 1 }] }', "realtime.pools[0].kind", "It has instance_type."),
        ("{ target_utilisation = var.some }", "realtime.target_utilisation", "Did you mean target_utilization?"),
    ]
    blocks = [called(f"\n  realtime = {argument}", f"m{place}") for place, (argument, *_) in enumerate(dropped)]
    some = 'variable "some" {\n  default = 1\n}\n'
    assert warnings(some + "".join(blocks)) == [
        f"Terraform drops {path} of module.m{place}: Its type has no such attribute. {hint} (main.tf:{7 + 5 * place})"
        for place, (_, path, hint) in enumerate(dropped)
    ]


def test_each_has_its_line_also_below_the_root_and_is_said_once(warnings, root):
    (root / "between").mkdir()
    inner = called("  realtime = {\n    # a comment\n    capacitty = {}\n\n    poools = []\n  }")
    (root / "between/main.tf").write_text(inner.replace("./child", "../child"))
    calls = (called("", name).replace("./child", "./between") for name in ("between", "twice"))
    found = warnings("".join(calls))
    assert [(one.split()[2], one.split()[4], one.rpartition(" ")[2]) for one in found] == [
        ("realtime.capacitty", "module.between.module.speech:", "(between/main.tf:5)"),
        ("realtime.poools", "module.between.module.speech:", "(between/main.tf:7)"),
    ]


def test_correct_and_computed_values_give_no_warning(warnings):
    correct = [
        "realtime = merge({ target_utilisation = 0.6 }, {})",
        "realtime = true ? { target_utilisation = 0.6 } : null",
        'realtime = { for name in ["target_utilisation"] : name => 0.6 }',
        'realtime = { (join("", ["target", "_utilisation"])) = 0.6 }',
        "realtime = { anything = { target_utilisation = 1 } }",
        'realtime = { schedules = { target_utilisation = { at = "1" } } }',
        'realtime = { pools = [for one in [1] : { instance_type = "a", kind = one }] }',
        'realtime = { pools = values({ one = { instance_type = "a" } }) }',
        'realtime = { "target_utilization" = 0.6 }',
        'tags = { target_utilisation = "1" }',
        'old = { target_utilisation = "1" }',
        "free = { target_utilisation = 1 }",
    ]
    text = "".join(called(f"  {argument}", f"m{place}") for place, argument in enumerate(correct))
    # OpenTofu warns by itself of an object in a `for`.
    assert [one for one in warnings(text) if one.startswith("Terraform drops")] == []


OWN = """
variable "pools" {
  type    = list(object({ instance_type = string, max = optional(number) }))
  default = []
}
"""
DROPPED = "Terraform drops pools[0].maxx of the root: Its type has no such attribute. Did you mean max?"


def test_in_the_value_of_a_variable(warnings):
    assert warnings(OWN, pools=[{"instance_type": "a", "maxx": 1}]) == [DROPPED]
    assert warnings(OWN, ("-var", 'pools=[{ instance_type = "a", maxx = 1 }]')) == [DROPPED]
    assert warnings(OWN, ("-var", 'pools=[{ instance_type = "a", max = 1 }]')) == []


@pytest.mark.parametrize(
    ("name", "automatic"),
    [
        ("terraform.tfvars", True),
        ("own.auto.tfvars", True),
        ("prod.tfvars", False),
        ("terraform.tfvars.json", True),
        ("prod.tfvars.json", False),
    ],
)
def test_in_a_variable_file(warnings, root, name, automatic):
    pools = [{"instance_type": "a", "maxx": 1}]
    text = json.dumps({"pools": pools})
    if not name.endswith(".json"):
        text = '# of production\npools = [{\n  instance_type = "a"\n  maxx          = 1\n}]\n'
    (root / name).write_text(text)
    place = name if name.endswith(".json") else f"{name}:4"
    arguments = () if automatic else (f"-var-file={root / name}",)
    assert warnings(OWN, arguments) == [f"{DROPPED} ({place})"]


@pytest.mark.parametrize("name", ["a_override.tf", "override.tf"])  # before and after main.tf
def test_a_type_in_an_override_file_counts(warnings, root, name):
    (root / name).write_text(OWN.replace("max ", "maxx ").replace("default = []", ""))
    assert warnings(OWN, pools=[{"instance_type": "a", "maxx": 1}]) == []


def test_a_value_and_an_expression_are_the_same():
    for it in (expression('{ a = [{ b = "x" }] }'), of_value({"a": [{"b": "x"}]})):
        assert it.items["a"].parts[0].items.keys() == {"b"}


def test_without_an_init_there_is_nothing_to_read(tmp_path):
    assert dropped_attributes.in_modules(tmp_path, tmp_path) == []
