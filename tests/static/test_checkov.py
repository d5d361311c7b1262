"""What checkov says of the configurations, and what is skipped with which reason."""

import json
import re
import shutil

import pytest

from tests.static import checkov
from tests.static.directories import examples, modules, read

WRONG = "wrong/main.tf"
OPEN_TOPIC = """
resource "aws_sns_topic" "this" {
  name = "open"
}

data "aws_iam_policy_document" "this" {
  statement {
    actions   = ["sagemaker:DeleteEndpoint"]
    resources = ["*"]
  }
}
"""


def failures(report):
    """The failed checks in words, those of what is wrong on purpose left out."""
    return {
        f"{check['file_path']}:{check['file_line_range'][0]}: {check['resource']}: "
        f"{check['check_id']} {check['check_name']}"
        for check in report["results"]["failed_checks"]
        if check["file_path"] != f"/{WRONG}"
    }


@pytest.fixture(scope="session")
def report(root, tmp_path_factory):
    """What checkov says of the repository, with the repository's settings, and of a file that is wrong.

    Of a copy, so that the same run reads that file.
    """
    copy = tmp_path_factory.mktemp("checkov")
    for path in (root / ".checkov.yaml", *root.rglob("*.tf*")):
        place = path.relative_to(root)
        # Nor does checkov look into hidden directories.
        if path.is_file() and not any(part.startswith(".") for part in place.parent.parts):
            (copy / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy / place)
    (copy / WRONG).parent.mkdir()
    (copy / WRONG).write_text(OPEN_TOPIC)
    run = checkov.run(copy, "-m", "checkov.main", "--output", "json")
    try:
        report = json.loads(run.stdout)
    except ValueError:
        pytest.fail(f"checkov ended with code {run.returncode} and no report\n{run.stdout}{run.stderr}")
    assert isinstance(report, dict), "one framework, one report"
    return report


@pytest.mark.nightly
def test_nothing_is_found(report):
    assert failures(report) == set()


@pytest.mark.nightly
def test_everything_was_read(report):
    """Guards the other tests: what checkov cannot read, it passes."""
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 100
    assert report["summary"]["resource_count"] > 90


def test_a_module_is_called_once_or_not_at_all():
    """Guards the other tests: checkov is told that instances of a module need not be told apart."""
    found = [
        ((path / call.source).resolve(), call.block)
        for path in (*modules(), *examples())
        for call in read(path).calls.values()
    ]
    calls = [block for source, block in found if not (source.is_dir() and not read(source).resources)]
    assert [f"{block.file}:{block.line}" for block in calls if "for_each" in block.attributes] == []
    counts = {block.text("count") for block in calls if "count" in block.attributes}
    assert [count for count in counts if not re.search(r"\? (0 : 1|1 : 0)$", count)] == []


@pytest.fixture
def skips(root):
    """File, check and reason of each comment that skips a check."""
    found = re.compile(r"checkov:skip=(\w+)(?::\s*(.*))?$")
    return [
        (path.relative_to(root).as_posix(), match[1], match[2] or "")
        for path in root.rglob("*.tf")
        if not {".venv", ".terraform"} & set(path.parts)
        for line in path.read_text(encoding="utf-8").splitlines()
        if (match := found.search(line))
    ]


def test_every_skip_in_a_configuration_has_its_reason(skips):
    assert skips
    assert [skip for skip in skips if len(skip[2].split()) < 4] == []


@pytest.mark.nightly
def test_no_skip_is_left_that_skips_nothing(report, skips):
    needed = {check["check_id"] for check in report["results"].get("skipped_checks", [])}
    assert {identifier for _, identifier, _ in skips} <= needed


def test_every_skip_in_the_settings_has_its_reason(root):
    settings = (root / ".checkov.yaml").read_text(encoding="utf-8")
    (skipped,) = re.findall(r"^skip-path:\n((?:  .*\n)+)skip-check:\n((?:  .*\n)+)\Z", settings, re.MULTILINE)
    for line in "".join(skipped).splitlines():
        assert re.fullmatch(r"  - \S+ # \S+( \S+){3,}", line), line


@pytest.mark.nightly
def test_what_is_wrong_is_found(report):
    """A check that cannot fail is none."""
    failed = report["results"]["failed_checks"]
    found = {check["check_id"] for check in failed if check["file_path"] == f"/{WRONG}"}
    assert {"CKV_AWS_26", "CKV_AWS_356"} <= found
