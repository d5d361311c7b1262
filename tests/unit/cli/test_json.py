"""`--json`: one document on stdout, also for an error. `run` compares every document with its type."""

import json
import socket

import pytest

from scaleproof.cli import app

from .conftest import DOCUMENTS, ENDPOINT, Ran, check_document


def test_the_document_of_every_command_with_json_has_a_type():
    commands = {name for name in app.COMMANDS if any("--json" in option.opts for option in app.command(name).params)}
    assert commands == DOCUMENTS.keys()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["plan", "--frobnicate"], 2, "No such option"),
        (["plan", "no-such-directory"], 2, "Directory 'no-such-directory' does not exist."),
        (["destroy", ENDPOINT], 2, "so nothing was applied from there."),
        (["choose", "--traffic", "constant:level=1", "--pool", "ml.g6.2xlarge"], 2, "is not of the form TYPE=NUMBER"),
        (["up", "--port", "1"], 3, "Port 1 of 127.0.0.1 cannot be used"),
    ],
)
def test_an_error_is_a_document(arguments, code, message, run, occupied):
    ended = run(*arguments, "--json", code=code)
    error = ended.document["error"]
    assert message in error["message"]
    assert error["message"] in ended.err, "people read it on stderr as before"
    assert error["diagnostics"] == []


def test_what_terraform_says_is_in_the_document(run, tmp_path):
    (tmp_path / "main.tf").write_text('variable "image" {\n  type = string\n}\n')
    error = run("plan", tmp_path, "--json", code=2).document["error"]
    assert error["message"] == f"Terraform could not plan {tmp_path}."
    (found,) = error["diagnostics"]
    assert (found["severity"], found["summary"]) == ("error", "No value for required variable")
    assert found["location"] == "main.tf:1"


def test_a_document_of_another_type_is_noticed():
    for wrong in ({"destroyed": "3"}, {}, {"destroyed": 3, "more": 1}, {"destroyed": None}, {"destroyed": True}):
        with pytest.raises((AssertionError, TypeError)):
            check_document("destroy", Ran(0, json.dumps(wrong), ""))
    check_document("destroy", Ran(0, '{"destroyed": 3}', ""))


@pytest.fixture
def occupied(monkeypatch):
    """No port can be bound."""

    def refuse(*_arguments):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)


def test_the_help_has_the_codes(run):
    shown = run("--help").out
    for code in app.ExitCode:
        assert f"{code:d}  {code.meaning.split(':')[0]}" in shown
