"""What is in the repository, file by file."""

import re
import subprocess
from pathlib import Path

import pytest

import scaleproof

# Split, so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w./<>$*}-])/(?:" + "home|Users|work|root" + r")/[\w.-]")
INDEX_HOSTS = re.compile("|".join(["pypi" r"\.org", "python" r"hosted\.org", "npm" r"js\.org", "debian" r"\.org"]))
VENDORED = "scaleproof/report/vendor/uPlot", "scaleproof/report/vendor/LICENSE"
"""Files of others, as they published them."""


def tracked(root):
    """What git tracks below `root`, by path; where git does not, every file that no command makes."""
    command = ["git", "ls-files", "--cached", "-z"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        listed = ""
    names = [name for name in listed.split("\0") if name]
    if not names:
        made = re.compile(r"(^|/)(\.venv.*|\.git|\.terraform|__pycache__|\.\w+_cache|build|[^/]+\.egg-info)/")
        every = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        names = [name for name in every if not made.search(name)]
    return {name: root / name for name in names if (root / name).is_file()}


def test_only_what_git_tracks_is_judged(tmp_path):
    for name in ("kept.md", "notes of mine.md", "build/made.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text\n")
    assert tracked(tmp_path).keys() == {"kept.md", "notes of mine.md"}, "without git: all but what is made"
    for arguments in (["init", "--quiet"], ["add", "kept.md"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    assert tracked(tmp_path).keys() == {"kept.md"}


@pytest.fixture(scope="session")
def files(root):
    """What is in the repository, by path."""
    found = tracked(root)
    assert {"LICENSE", "README.md", "main.tf", "pyproject.toml"} <= found.keys()
    return found


@pytest.fixture(scope="session")
def texts(files):
    """Every file but the pictures of the documents is text: no archive, wheel or binary is kept here."""
    pictures = {name for name in files if name.startswith("docs/images/") and name.endswith(".png")}
    return {name: path.read_text(encoding="utf-8") for name, path in files.items() if name not in pictures}


def lines_with(texts, pattern):
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_path_of_a_machine(texts):
    assert lines_with(texts, MACHINE_PATH) == []


def test_no_host_of_a_package_index(texts):
    """Which index or mirror serves a package is the user's pip configuration, never ours."""
    assert lines_with(texts, INDEX_HOSTS) == []


def test_no_text_installs_the_package_from_an_index(texts):
    """It is in none, so a stranger could publish one of its name."""
    assert lines_with(texts, re.compile("pip install " r"'?scaleproof")) == []


def test_text_files_are_tidy(texts):
    ours = {name: text for name, text in texts.items() if not name.startswith(VENDORED)}
    untidy = lines_with(ours, re.compile(r"[ \t]+$|^(<{7}|={7}|>{7})( |$)|\r"))
    untidy += [f"{name}: ends without a newline" for name, text in ours.items() if text and text[-1] != "\n"]
    assert untidy == []


def test_no_account_but_made_up_ones(texts):
    """Access keys look like this, AWS's example too; twelve digits for accounts in tests are made up."""
    key = re.compile(r"\b(?!AKIAIOSFODNN7EXAMPLE\b)(AKIA|ASIA)[A-Z0-9]{16}\b")
    assert lines_with(texts, key) == []


def test_relative_links_lead_somewhere(texts, root):
    broken = []
    for name, text in texts.items():
        if not name.endswith(".md"):
            continue
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            linked = (root / name).parent / path if path else root / name
            if not linked.exists() or (anchor and anchor not in anchors(linked)):
                broken.append(f"{name}: {target}")
    assert broken == []


def test_files_named_in_pages_exist(texts, root):
    """In backticks, from a directory of the project on: recipes and journeys lead to files that are there."""
    tops = "|".join(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    named = re.compile(rf"`((?:(?:{tops})/|\.github/)[\w./-]+)`")
    missing = [
        f"{name}: {path}"
        for name, text in texts.items()
        if name.endswith(".md") and name != "CHANGELOG.md"
        for path in named.findall(text)
        if not (root / path).exists()
    ]
    assert missing == []


def test_commands_named_in_pages_exist(texts):
    """Each word after make in backticks is a target."""
    targets = set(re.findall(r"^([a-z]+(?: [a-z]+)*):", texts["Makefile"], re.MULTILINE))
    targets = {target for names in targets for target in names.split()}
    named = re.compile(r"`(?:\w+=\S+ )?make ([^`]+)`")
    missing = [
        f"{name}: make {word}"
        for name, text in texts.items()
        if name.endswith(".md") and name != "CHANGELOG.md"
        for words in named.findall(text)
        for word in words.split()
        if re.fullmatch(r"[a-z]+", word) and word not in targets
    ]
    assert missing == []


def test_recipes_name_what_the_code_has(texts):
    """Each word of docs/contributing.md in backticks that looks like a name is one, so `git grep` finds it."""
    page = re.sub(r"```.*?```", "", texts["docs/contributing.md"], flags=re.DOTALL)
    code = "\n".join(text for name, text in texts.items() if not name.endswith(".md"))
    words = set(re.findall(r"\w+", code)) | {Path(name).name for name in texts}
    named = re.findall(r"`([A-Za-z_][\w.]*)`", page)
    assert named
    assert [name for name in named if name not in words and not set(name.split(".")) <= words] == []


def test_the_readme_is_one_sitting(texts):
    """Whoever sees the project for the first time reads it whole, in any terminal."""
    lines = texts["README.md"].splitlines()
    assert len(lines) <= 200
    assert [line for line in lines if len(line) > 120] == []


def anchors(page):
    """The anchors of a Markdown page: its headings as GitHub slugs, and explicit ids."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ +(.+?)\s*$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", re.sub(r"<[^>]+>", "", h)).strip().lower().replace(" ", "-") for h in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)"', text))


def test_the_changelog_knows_the_version(texts):
    """Keep a Changelog: newest first, and an Unreleased section on top of it."""
    titles = re.findall(r"^## \[(.+?)\]", texts["CHANGELOG.md"], re.MULTILINE)
    assert titles[0] == "Unreleased"
    released = scaleproof.__version__ in titles
    assert released or titles == ["Unreleased"], f"{scaleproof.__version__} is not in CHANGELOG.md"


def decisions(texts):
    found = {n: t for n, t in texts.items() if re.fullmatch(r"docs/decisions/\d{4}-[a-z0-9-]+\.md", n)}
    assert found, "no page in docs/decisions"
    return found


def test_decisions_are_numbered_without_gaps(texts):
    numbers = sorted(int(Path(name).name[:4]) for name in decisions(texts))
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_decision_is_in_the_index(texts):
    index = texts["docs/decisions/README.md"]
    missing = [name for name in decisions(texts) if f"]({Path(name).name})" not in index]
    assert missing == []
