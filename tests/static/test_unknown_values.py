"""A value that is not known yet is neither true nor false: nothing asks for the truth of one."""

import ast

import pytest

ROOMS = (
    "endpoints/*.py",
    "pytest_plugin/inventories.py",
    "providers/*.py",
    "providers/aws/*.py",
    "translation/*.py",
    "terraform/plan.py",
    "terraform/sensitive.py",
)
"""Where values of plans are read, and made."""
KNOWN = {
    "endpoints/invoke.py": "of answers",
    "providers/aws/data.py": "Terraform reads a data source once its configuration is known",
    "providers/aws/policy_document.py": "the same",
    "providers/aws/resource.py": "what is applied and read is known",
}
MAY_BE_UNKNOWN = {"Any", "Values"}
"""In the annotation of a parameter: its values may be, and what is looked up in it."""
NEVER_UNKNOWN = {"prior", "wire", "meta", "expected", "sections"}
"""Parameters that are a state, an answer, or a file of the user's."""


def test_no_value_that_may_be_unknown_is_tested_for_its_truth(root):
    package = root / "scaleproof"
    files = {path for room in ROOMS for path in package.glob(room)}
    assert len(files) > 25
    found = [
        f"{name}:{line}: {text} may be unknown; compare it with None, or look at its type first"
        for path in sorted(files)
        if (name := path.relative_to(package).as_posix()) not in KNOWN
        for line, text in truth_tests(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        'if not values.get("alarm_actions"): ...',
        'found = values.get("tags") or {}',
        'actions = item.values["alarm_actions"]\n    while actions: ...',
        'actions = item.values["alarm_actions"]\n    return bool(actions)',
        'return [step for step in values["steps"] if step["bound"]]',
        'if (found := values.get("tags")) and found["a"]: ...',
        'return "a" if values["name"] else "b"',
        'actions = values["actions"]\n    return not actions and actions is not UNKNOWN',
    ],
)
def test_a_planted_one_is_found(planted):
    assert list(truth_tests(f"def planted(item: Item, values: Values) -> None:\n    {planted}\n"))


@pytest.mark.parametrize(
    "fine",
    [
        'if values.get("alarm_actions") is None: ...',
        'actions = values["alarm_actions"]\n    return actions is not UNKNOWN and actions',
        'found = values["tags"]\n    return found if isinstance(found, dict) and found else {}',
    ],
)
def test_what_was_looked_at_before_is_not(fine):
    assert not list(truth_tests(f"def fine(values: Values) -> None:\n    {fine}\n"))


def truth_tests(source):
    """Line and text of each value that may be unknown and whose truth is asked for."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = suspects(function)
        looked_at = [
            (one.lineno, one.col_offset, ast.unparse(subject(one)))
            for one in ast.walk(function)
            if isinstance(one, ast.Compare) or is_call(one, "isinstance", "contains_unknown")
        ]
        for tested in truths(function):
            place, text = (tested.lineno, tested.col_offset), ast.unparse(tested)
            before = any((line, column) < place and seen == text for line, column, seen in looked_at)
            if may_be_unknown(tested, names) and not before:
                yield tested.lineno, text


def truths(tree):
    """Every expression that Python asks whether it is true."""
    for node in ast.walk(tree):
        match node:
            case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
                yield node.test
            case ast.BoolOp():
                yield from node.values[:-1]
            case ast.UnaryOp(op=ast.Not()):
                yield node.operand
            case ast.comprehension():
                yield from node.ifs
            case ast.Call(func=ast.Name("bool")):
                yield from node.args


def suspects(function):
    """Parameters that hold values of Terraform's, and what is bound to something out of them."""
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    names = {
        one.arg
        for one in given
        if one.annotation and MAY_BE_UNKNOWN & {getattr(part, "id", "") for part in ast.walk(one.annotation)}
    } - NEVER_UNKNOWN
    size = -1
    while size < len(names):
        size = len(names)
        for node in ast.walk(function):
            match node:
                case (
                    ast.Assign(targets=[target], value=value)
                    | ast.NamedExpr(target=target, value=value)
                    | ast.For(target=target, iter=value)
                    | ast.comprehension(target=target, iter=value)
                ) if may_be_unknown(value, names):
                    names |= {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
    return names


def may_be_unknown(node, names):
    """Whether it is a suspect, or looked up in one, or in the values of a resource or a document."""
    match node:
        case ast.Name():
            return node.id in names
        case ast.Attribute(attr="content" | "shown" | "values"):
            return True
        case ast.Subscript(value=inner) | ast.NamedExpr(value=inner):
            return may_be_unknown(inner, names)
        case ast.Call(func=ast.Attribute(value=inner, attr="get" | "items" | "values")):
            return may_be_unknown(inner, names)
    return False


def subject(node):
    return node.left if isinstance(node, ast.Compare) else node.args[0]


def is_call(node, *names):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
