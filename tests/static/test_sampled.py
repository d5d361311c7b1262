"""The pool of sampled faults fits code and tests, and is drawn as its pages say."""

import textwrap
from dataclasses import replace
from types import FunctionType, SimpleNamespace

import pytest

from tests.mutants import covered, draw, noticing, sampled
from tests.mutants.places import places
from tests.mutants.sampled import Sampled

RENEW = "run `python -m tests.mutants.draw`, which names each such fault and takes it out or finds tests for it"
LEVEL = textwrap.dedent(
    """\
    def level(limit, low=1):
        if limit > low:
            return limit
        return low


    class Levels:
        def of(self, limit):
            return limit
    """
)


@pytest.mark.parametrize("room", sampled.rooms())
def test_the_pool_fits_the_code(room):
    gone = [str(fault) for fault in sampled.read(room) if not fault.is_there()]
    assert gone == [], RENEW


@pytest.mark.parametrize("room", sampled.rooms())
def test_a_test_notices_each_sampled_fault(room):
    wrong = [
        f"{fault}: {test or 'no tests'}"
        for fault in sampled.read(room)
        for test in fault.tests or ("",)
        if not test or not sampled.exists(test)
    ]
    assert wrong == [], RENEW


def test_every_sampled_fault_is_another_one():
    pool = [str(fault) for fault in sampled.sampled()]
    assert len(set(pool)) == len(pool)


@pytest.mark.parametrize(
    ("code", "marked"),
    [
        ("return a and not b", {"return a «and→or» not b", "return a and «not →»b", "return «a and not b→None»"}),
        ("if a or b: pass", {"if a «or→and» b: pass", "if «a or b→not (a or b)»: pass"}),
        ("if a is None: break", {"if a «is→is not» None: break", "if a is None: «break→continue»"}),
        ("return min(a, -b)", {"return «min→max»(a, -b)", "return min(a, «-→»b)", "return «min(a, -b)→None»"}),
        ("total += 0.5", {"total «+=→-=» 0.5", "total += «0.5→1.5»"}),
        ("é = a['Key'] or (b) * True", {
            "é = a[«'Key'→'Key?'»] or (b) * True",
            "é = a['Key'] «or→and» (b) * True",
            "é = a['Key'] or (b) «*→/» True",
            "é = a['Key'] or (b) * «True→False»",
        }),
        ("tell(a)", {"«tell(a)→None»"}),
        ("name: Tuple[1] = f'{a}' + 'b'", set()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_places_of_a_line(code, marked):
    text = f"def f(a, b):\n    while a in b:\n        {code}\n"
    assert {place.marked for place in places(text) if place.number == 3} == marked


def test_a_line_that_a_function_has_twice_is_no_place():
    assert places("def f(a):\n    a(1)\n    a(1)\n") == []


def test_a_fault_follows_its_line():
    fault = Sampled("scaleproof/scaling/level.py", "level", "if limit «>→>=» low:")
    assert fault.applied(LEVEL) == LEVEL.replace(">", ">=")
    assert fault.applied(f"# new\n{LEVEL}".replace("def level", "def height")) == f"# new\n{LEVEL}".replace(
        ">", ">="
    ).replace("def level", "def height")
    assert fault.position(LEVEL.replace("> low", "> lowest")) is None


def test_of_lines_that_are_the_same_the_function_decides():
    fault = Sampled("scaleproof/scaling/level.py", "Levels.of", "return «limit→None»")
    assert fault.applied(LEVEL) == LEVEL[: LEVEL.rindex("limit")] + "None\n"
    assert Sampled(fault.file, "elsewhere", fault.marked).position(LEVEL) is None


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one file, and an empty pool."""
    for name in ("scaling", "report"):
        (tmp_path / "scaleproof" / name).mkdir(parents=True)
        (tmp_path / "scaleproof" / name / "__init__.py").touch()
    (tmp_path / "scaleproof/scaling/level.py").write_text(LEVEL)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_height.py").write_text("def test_level():\n    pass\n")
    sampled._texts.cache_clear()
    for module, names in ((sampled, ("ROOT", "PACKAGE", "POOL")), (noticing, ("ROOT", "PACKAGE")), (draw, ("ROOT",))):
        for name in names:
            below = {"ROOT": "", "PACKAGE": "scaleproof", "POOL": "pool"}[name]
            monkeypatch.setattr(module, name, tmp_path / below)
    yield tmp_path
    sampled._texts.cache_clear()


LOW = Sampled("scaleproof/scaling/level.py", "level", "if limit «>→>=» low:", ("tests/test_height.py::test_level",))


def test_a_pool_is_read_as_it_was_written(project):
    pool = [LOW, Sampled(LOW.file, "", "«limit(1)→None»", ("tests/test_height.py", "tests/test_height.py::test_level"))]
    sampled.write("scaling", pool)
    assert set(sampled.read("scaling")) == set(pool)
    assert sampled.sampled() == sampled.read("scaling")
    sampled.write("report", [])
    assert sampled.read("report") == sampled.read("studies") == []


def test_renewing_follows_moved_lines_and_drops_what_is_gone(project, capsys):
    gone = Sampled(LOW.file, "level", "if limit «<→<=» low:", LOW.tests)
    without = Sampled(LOW.file, "level", "return «low→None»", ("tests/test_height.py::test_other",))
    sampled.write("scaling", [replace(LOW, tests=("tests/test_level.py::test_level",)), gone, without])
    (project / "scaleproof/scaling/level.py").rename(project / "scaleproof/report/height.py")
    (project / "scaleproof/report/other.py").write_text("def other(low):\n    return low\n")
    (project / "scaleproof/scaling/__init__.py").unlink()
    assert sampled.rooms() == ["report", "scaling"]
    assert draw.renew(["scaling"])["scaling"] == []
    assert sampled.rooms() == ["report"]
    there = "scaleproof/report/height.py"
    assert set(sampled.read("report")) == {
        Sampled(there, LOW.function, LOW.marked, LOW.tests),
        Sampled(there, without.function, without.marked),
    }
    assert capsys.readouterr().out == f"GONE {gone}\n"


def test_the_pool_takes_what_a_test_notices_in_an_order_of_its_own(project, capsys):
    covered = draw.Covered(
        {(LOW.file, number): {"a[1]", "b", "a[2]"} for number in (2, 4)}, {"a[1]": 1, "a[2]": 2, "b": 9}
    )
    calls = []

    def notice(fault, tests):
        calls.append((fault.marked, tests))
        return None if "low:" in fault.marked else ["a"]

    pool = []
    draw.fill("scaling", pool, 2, covered, notice)
    assert pool == sampled.read("scaling")
    assert {fault.marked: fault.tests for fault in pool} == {
        "return «low→None»": ("a",),
        "if «limit > low→not (limit > low)»:": ("a",),
    }
    assert {tuple(tests) for _, tests in calls} == {("a[1]", "b", "a[2]")}
    calls.clear()
    draw.fill("scaling", pool, 3, covered, notice)
    assert [marked for marked, _ in calls] == ["if limit «>→>=» low:"]
    assert "NO ANSWER (3 tests): scaleproof/scaling/level.py level: if limit «>→>=» low:" in capsys.readouterr().out


def test_what_a_test_is_parametrized_with_is_no_fixture_that_starts_localstack():
    plain = SimpleNamespace(fixturenames=["run"])
    named = SimpleNamespace(fixturenames=["run", "stays"], callspec=SimpleNamespace(params={"stays": ""}))
    items = [plain, named, SimpleNamespace(fixturenames=["run", "stays"])]
    covered.pytest_collection_modifyitems(items)
    assert items == [plain, named]


def test_a_fault_is_put_into_the_functions_that_live(project):
    names = {}
    exec(compile(LEVEL, project / LOW.file, "exec"), names)
    functions = [names["level"], names["Levels"].of]
    assert all(isinstance(function, FunctionType) for function in functions)
    before = [function.__code__ for function in functions]
    assert names["level"](1) == 1
    noticing.put_into(functions, Sampled(LOW.file, "level", "return «low→None»"))
    assert names["level"](1) is None
    assert functions[1].__code__ == before[1]
