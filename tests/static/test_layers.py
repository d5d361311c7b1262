"""One direction of dependence, from the commands down to the rules of scaling."""

import ast
import sys
from graphlib import CycleError, TopologicalSorter

import pytest

ROOMS = {
    "scaling": "",
    "simulation": "scaling",
    "service_models": "",
    "processes": "",
    "workers": "",
    "emulator": "",
    "emulator.cloudwatch": "emulator scaling",
    "emulator.engine": "emulator emulator.cloudwatch scaling",
    "emulator.api": "emulator emulator.cloudwatch emulator.engine scaling service_models",
    "emulator.patches": "emulator.cloudwatch scaling",
    "emulator.launch": "emulator emulator.api emulator.patches",
    "localstack": "emulator processes service_models",
    "translation": "service_models",
    "providers": "localstack processes service_models translation",
    "terraform": "localstack processes providers",
    "endpoints": "localstack scaling service_models terraform translation",
    "studies": "endpoints processes scaling simulation terraform workers",
    "recording": "endpoints scaling simulation studies",
    "auditing": "endpoints scaling service_models studies",
    "measuring": "",
    "measuring.load": "measuring service_models workers",
    "measuring.subject": "endpoints scaling",
    "report": "auditing measuring processes scaling simulation studies",
    "command": "auditing endpoints localstack measuring measuring.subject measuring.load processes "
    "providers recording report scaling simulation studies terraform workers",
}
"""Which rooms a room imports, from the lowest to the top: the commands and the pytest plugin."""
TYPED = (
    "auditing",
    "endpoints",
    "measuring",
    "recording",
    "report",
    "scaling",
    "simulation",
    "studies",
)
"""Rooms that work on types. Only these modules of theirs read or write documents of any members:"""
DOCUMENTS = {
    "scaleproof.auditing.captures": "reads captures",
    "scaleproof.auditing.history": "reads answers of the API",
    "scaleproof.auditing.reading": "reads answers of the API",
    "scaleproof.auditing.renaming": "takes names out of captures",
    "scaleproof.scaling.parsing": "reads policies, alarms and activities of the API, and writes alarms",
    "scaleproof.endpoints.answers": "reads answers of the API",
    "scaleproof.endpoints.checks": "refuses what the API would not have",
    "scaleproof.endpoints.documents": "holds the API's documents of an endpoint",
    "scaleproof.endpoints.live": "reads answers of the API",
    "scaleproof.endpoints.metric_data": "reads answers of the API",
    "scaleproof.endpoints.price_list": "reads answers of the API",
    "scaleproof.endpoints.render": "makes rows of them",
    "scaleproof.endpoints.terraform": "reads plans and states",
    "scaleproof.recording.recording": "reads answers of the API",
    "scaleproof.studies.proposal": "writes HCL",
    "scaleproof.studies.traffic": "reads --traffic",
    "scaleproof.report.audit": "fills a page",
    "scaleproof.report.plot": "fills a page",
}
# What every layer may use: no module of these imports a layer.
SHARED = {"bounds", "errors", "progress", "shapes", "texts", "times"}
# What LocalStack's own environment imports, which lacks this package's dependencies.
INSIDE_LOCALSTACK = ("scaleproof.emulator", "scaleproof.scaling", "scaleproof.service_models")
# Packages of LocalStack's environment that are imported by another name than they are installed by.
INSTALLED_AS = {"localstack": "localstack-core", "moto": "moto-ext", "twisted": "localstack-twisted"}


def layer_of(module):
    """The layer of a dotted name: a package below scaleproof, or the commands, which stand at its top.

    Within the emulator the API stands above the engine. Both use CloudWatch and the errors below.
    """
    parts = module.split(".")
    if len(parts) == 1:
        return "package"
    if parts[1] in SHARED:
        return "shared"
    inner = ".".join(parts[1:3])
    return next((layer for layer in (inner, parts[1]) if layer in ROOMS), "command")


def imported_names(path, module, at_import_only=False):
    """Yield the absolute dotted names that a file imports; `from a import b` yields `a.b`."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    nodes = top_level(tree) if at_import_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1], base])
            yield from (f"{base.strip('.')}.{alias.name}" for alias in node.names)


def top_level(tree):
    """Yield the statements that run when the module is imported and not only type-checked."""
    pending = list(tree.body)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending.extend(node.orelse)
            continue
        pending.extend(ast.iter_child_nodes(node))


@pytest.fixture(scope="session")
def modules(root):
    """Every module of the package by dotted name."""
    found = {}
    for path in sorted((root / "scaleproof").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    assert "scaleproof.terraform.literals" in found
    return found


@pytest.fixture(scope="session")
def installed(root):
    """The import names that every list of pins puts into LocalStack's environment."""
    pins = [path.read_text(encoding="utf-8") for path in (root / "scaleproof/localstack/pins").glob("localstack-*.txt")]
    assert pins
    names = set.intersection(*({line.split("==")[0] for line in text.splitlines()} for text in pins))
    return names | {imported for imported, package in INSTALLED_AS.items() if package in names}


def resolved(name, modules):
    """Return the module of ours that an imported name is or belongs to."""
    while name.startswith("scaleproof"):
        if name in modules:
            return name
        name = name.rpartition(".")[0]
    return None


def test_a_room_imports_what_its_row_names(modules):
    found = {room: set() for room in ROOMS}
    for module, path in modules.items():
        room = layer_of(module)
        targets = {target for name in imported_names(path, module) if (target := resolved(name, modules))}
        if room in ROOMS:
            found[room] |= {layer_of(target) for target in targets} - {room, "package", "shared"}
        elif room == "shared":
            assert {layer_of(target) for target in targets} <= {"package", "shared"}, module
    assert found == {room: set(row.split()) for room, row in ROOMS.items()}


def test_rows_name_lower_rooms_only():
    lower = set()
    for room, row in ROOMS.items():
        assert set(row.split()) <= lower, room
        lower.add(room)


def test_the_picture_has_these_layers(root):
    page = (root / "docs/architecture.md").read_text(encoding="utf-8")
    _, picture, _ = page.split("## The layers")[1].split("```", 2)
    shown = [line.split()[0] for line in picture.splitlines()[1:]]
    drawn = [layer for layer in reversed(ROOMS) if "." not in layer]  # the emulator is one line
    assert shown == drawn, "docs/architecture.md: draw the layers from top to bottom"


def holds_documents(tree):
    """Whether a module has a type for an object of any members, or looks into what the API keeps."""
    found = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Subscript | ast.Attribute)}
    kinds = {f"{kind}[str, {of}]" for kind in ("dict", "Mapping", "MutableMapping") for of in ("Any", "object")}
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    return bool(kinds & found or "Json" in imported or any(name.endswith(".document") for name in found))


def test_documents_stay_with_those_who_read_and_write_them(modules):
    """What scales, decides and simulates works on types."""
    found = {
        module
        for module, path in modules.items()
        if layer_of(module) in TYPED and holds_documents(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == DOCUMENTS.keys()


def test_no_module_imports_itself_in_a_circle(modules):
    graph = {
        module: {
            target
            for name in imported_names(path, module, at_import_only=True)
            if (target := resolved(name, modules)) and target != module
        }
        for module, path in modules.items()
    }
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as cycle:
        pytest.fail(" -> ".join(cycle.args[1]))


def test_the_package_itself_imports_nothing(modules):
    """LocalStack's environment imports it without our dependencies."""
    assert list(imported_names(modules["scaleproof"], "scaleproof")) == []


@pytest.mark.parametrize("package", INSIDE_LOCALSTACK)
def test_what_runs_inside_localstack_needs_only_what_is_there(modules, installed, package):
    inside = {m: path for m, path in modules.items() if m == package or m.startswith(f"{package}.")}
    assert inside
    allowed_here = (*INSIDE_LOCALSTACK, "scaleproof.bounds", "scaleproof.errors", "scaleproof.times")
    wrong = []
    for module, path in inside.items():
        for name in imported_names(path, module):
            top = name.split(".")[0]
            ours = resolved(name, modules)
            if ours and not ours.startswith(allowed_here) and ours != "scaleproof":
                wrong.append(f"{module} imports {ours}")
            elif not ours and top not in sys.stdlib_module_names | installed:
                wrong.append(f"{module} imports {name}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_scaling_model_is_pure(modules):
    """No I/O, no clock, no third party but the parser: what decides is a function of what it is given."""
    impure = {
        "boto3",
        "botocore",
        "datetime.datetime.now",
        "os",
        "pathlib",
        "random",
        "socket",
        "subprocess",
        "time",
    }
    allowed = {*sys.stdlib_module_names, "lark", "scaleproof"} - impure
    wrong = [
        f"{module} imports {name}"
        for module, path in modules.items()
        if layer_of(module) == "scaling"
        for name in imported_names(path, module)
        if name in impure or name.split(".")[0] not in allowed
    ]
    assert not wrong, "\n" + "\n".join(wrong)
