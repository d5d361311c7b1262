"""Files that somebody else wrote: endless ones, deep ones, and names that steer a terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scaleproof.endpoints import from_file
from scaleproof.endpoints.checks import EndpointError
from scaleproof.errors import ScaleproofError
from scaleproof.progress import Screen
from scaleproof.simulation import TrafficError
from scaleproof.studies import traffic_csv
from scaleproof.terraform.diagnostics import Diagnostic
from scaleproof.texts import printable, read


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("speech-1 \n\tö 語", "speech-1 \n\tö 語"),
        ("\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07"),
        ("safe\rfake", "safe\\rfake"),
        ("\x9b2J \u202egpj.exe \u2028", "\\x9b2J \\u202egpj.exe \\u2028"),
        ("\udcff", "\\udcff"),
        (
            "git::https://me:to@ken@host:443/a.git?ref=v1&sshkey=YQ& it",
            "git::https://host:443/a.git?ref=v1&sshkey=...& it",
        ),
        (
            "https:/me:TOK@host/a.csv?T0KEN s3:/b?a=T0KEN c:/a main.tf:3",
            "https:/host/a.csv?... s3:/b?a=... c:/a main.tf:3",
        ),
        ("'ssh://git@host/a' \"https://me:to/k@en@host\"", "'ssh://host/a' \"https://host\""),
        ("git::https://me:P'x@host/a.git?archive=zip&sig=ab=cd", "git::https://host/a.git?archive=zip&sig=..."),
        ("https://127.0.0.1:80/a@v1 //a@v1 me@host a?b=c", "https://127.0.0.1:80/a@v1 //v1 me@host a?b=..."),
        (
            "git::https://me:9/TOK@host.org/a 'http://localhost:80/a@v1'",
            "git::https://host.org/a 'http://localhost:80/a@v1'",
        ),
        (
            "git::https://host/a.git//async?token=T0@K.EN=./copy 'https://host//a?b=c@d'",
            "git::https://host/a.git//... 'https://host//...",
        ),
        (
            "'https://host/a?depth=1;key[]=T'OK&ref=v1' 'https://host/a?b=c'",
            "'https://host/a?depth=1;key[]=...&ref=v1' 'https://host/a?b=...'",
        ),
        (
            "(https://host/a?T0KEN) 'https://host/a?x:y=T0KEN&version=1.2&=T0KEN;T0KEN'.",
            "(https://host/a?...) 'https://host/a?...&version=1.2&...;...'.",
        ),
    ],
    ids=[
        *(
            "plain",
            "escapes",
            "over the line",
            "beyond ASCII",
            "no text",
            "a token",
            "a path",
            "a user",
            "a quote",
            "no user",
        ),
        *("a port", "an @ in a query", "a query", "a bare key"),
    ],
)
def test_what_steers_a_terminal_is_seen(text, shown, capsys):
    assert printable(text) == shown
    assert str(ScaleproofError(text, advice=text)) == f"{shown} {shown}"
    assert str(Diagnostic("error", text)) == shown
    Screen().print(text)
    assert capsys.readouterr().out == f"{shown}\n".expandtabs()


@pytest.mark.parametrize(
    "text", ["//a:b" * 200_000, "me@//" * 200_000, "?a" * 500_000, "//a:1" * 200_000 + " @", "//a.b-" * 200_000]
)
def test_a_long_text_takes_no_more_time_than_its_length(text):
    """Compared with all that follows, each part of it would take minutes."""
    assert len(printable(text)) <= len(text)


def test_a_text_is_shown_as_it_is_and_in_one_line(capsys):
    text = f"arn:aws:key:1 [bold]is[/] {'long ' * 30}"
    Screen(width=40).print(text)
    assert capsys.readouterr().out == f"{text}\n"


def test_as_much_as_a_file_may_have_and_a_byte_more(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(bytes(100))
    assert read(file, 100) == bytes(100)
    with pytest.raises(OSError, match="more than") as refused:
        read(file, 99)
    assert refused.value.filename is None
    pipe, written = os.pipe()
    os.write(written, b"from a pipe")
    os.close(written)
    for _ in range(2):  # once to check it, once to use it
        assert read(Path(f"/dev/fd/{pipe}")) == b"from a pipe"
    os.close(pipe)


# In half a gigabyte of memory: ten gigabytes do not fit.
_READERS = """
import resource, sys
from pathlib import Path

from scaleproof.endpoints import from_file
from scaleproof.errors import ScaleproofError
from scaleproof.pytest_plugin.casefile import CaseFile
from scaleproof.studies.traffic_csv import read

used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**29,) * 2)
for reader in (from_file, CaseFile, lambda path: read(path, {})):
    try:
        reader(Path(sys.argv[1]))
    except ScaleproofError as error:
        print(error)
"""


@pytest.mark.parametrize("device", ["zero", "null", "ptmx", "tty"])
def test_a_device_is_not_opened(device, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(f"/dev/{device}")
    with pytest.raises(EndpointError, match="link cannot be read: it is a device"):
        from_file(link)
    with pytest.raises(TrafficError, match="link cannot be read: it is a device"):
        traffic_csv.read(link, {})


def test_a_line_of_ten_gigabytes(tmp_path):
    """In a plan, cases and traffic."""
    file = tmp_path / "endless"
    with file.open("wb") as made:
        made.truncate(10 * 2**30)
    ended = subprocess.run([sys.executable, "-c", _READERS, file], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        f"{file} cannot be read: it has more than 100 MB.",
        f"{file} cannot be read: it has more than 16 MB.",
        f"{file}, line 1: it has more than 10,000 characters.",
    ]
