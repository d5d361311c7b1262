"""Runs the command in this process and takes what it printed and its exit code."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from scaleproof.cli import (
    app,
    audit,
    choose,
    compare,
    configurations,
    demo,
    environment,
    main,
    measure,
    record,
    simulate,
)
from scaleproof.errors import ExitCode
from scaleproof.localstack import background
from scaleproof.localstack.start import free_port
from scaleproof.providers import session
from scaleproof.scaling.endpoint import Endpoint

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
ENDPOINT = Path(__file__).resolve().parents[1] / "roots" / "endpoint"
"""A root that is applied in a third of the time of an example, where the example has no part in the claim."""
VECTORS = Path(__file__).parents[2] / "vectors"
TRACK60 = VECTORS / "audit_track60.json"
LIMITS = ["--max-concurrency", "ml.g6.2xlarge=12", "--max-concurrency", "ml.g6e.2xlarge=16"]
URI = "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.4"
IMAGE = ["--var", "region=us-east-1", "--var", f"image={URI}"]

ERROR = app.ErrorDocument
DOCUMENTS: dict[str, type] = {
    "apply": configurations.ApplyDocument,
    "audit": audit.AuditDocument,
    "choose": choose.ChooseDocument,
    "compare": compare.CompareDocument,
    "demo": demo.DemoDocument,
    "destroy": configurations.DestroyDocument,
    "doctor": environment.DoctorDocument,
    "down": environment.DownDocument,
    "measure": measure.MeasureDocument,
    "plan": configurations.PlanDocument,
    "record": record.RecordDocument,
    "simulate": simulate.SimulateDocument,
    "up": environment.UpDocument,
}
"""The type of what a command prints with `--json`."""

PRICES = "# date: 2026-11-01\ninstance_type,usd_per_hour\nml.g6.2xlarge,1.5\nml.g6e.2xlarge,3\n"
PRICES_SAID = "Prices: prices.csv, of 2026-11-01."
HERE = "http://127.0.0.1:9"
"""An address at which nothing listens."""
ON_PATH = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
"""What a shell needs in its environment to find the command `scaleproof`."""


def fields(kind):
    """The types of an object's members by name; an endpoint is its name."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: str if annotation is Endpoint else annotation for name, annotation in hints.items()}


def copy_module(directory):
    """Copies the module of this repository."""
    shutil.copytree(EXAMPLES.parent / "modules", directory / "modules")
    for file in EXAMPLES.parent.glob("*.tf"):
        shutil.copy(file, directory)


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self):
        return json.loads(self.out)


def check_document(command, ran):
    """Fails unless stdout is one document, the command's or an error, of its type."""
    if "error" in ran.document:
        conforms(ran.document, ERROR)
        assert ran.document["error"]["exit_code"] == ran.code != ExitCode.DONE
    else:
        conforms(ran.document, DOCUMENTS[command])
        assert ran.code in (ExitCode.DONE, ExitCode.NO)


def conforms(value, expected, where="$"):
    """Fails unless a JSON value is of a type of the package."""
    origin, arguments = get_origin(expected), get_args(expected)
    if is_dataclass(expected):
        members = fields(expected)
        assert value.keys() == members.keys(), where
        for name, member in value.items():
            conforms(member, members[name], f"{where}.{name}")
    elif origin in (Union, UnionType):
        if not (value is None and NoneType in arguments) and not (type(value) is str and str in arguments):
            (only,) = (argument for argument in arguments if argument not in (NoneType, str))
            conforms(value, only, where)
    elif origin is Literal:
        assert value in arguments, where
    elif origin in (dict, Mapping):
        for name, member in value.items():
            conforms(member, arguments[1], f"{where}.{name}")
    elif origin in (list, tuple, Sequence):
        assert isinstance(value, list), where
        fixed = origin is tuple and ... not in arguments
        kinds = arguments if fixed else [arguments[0]] * len(value)
        for index, (member, kind) in enumerate(zip(value, kinds, strict=True)):
            conforms(member, kind, f"{where}[{index}]")
    elif expected is datetime:
        datetime.fromisoformat(value)
    elif expected is Path:
        assert type(value) is str, where
    elif expected is float:
        assert type(value) in (int, float), where
    elif expected is Any:
        pass
    elif issubclass(expected, Enum):
        assert value in [argument.value for argument in expected], where
    else:
        assert type(value) is expected, where


@pytest.fixture
def run(capsys):
    """Runs a command that ends with `code` and says a text on stderr; 2 for wrong words has nothing on stdout."""

    def call(*arguments, code=0, says=""):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        ran = Ran(int(ended.value.code or 0), printed.out, printed.err)
        assert ran.code == code, printed.out + printed.err
        assert says in " ".join(ran.err.split())
        if "--json" in arguments:
            check_document(str(arguments[0]), ran)
        elif code == ExitCode.WRONG:
            assert ran.out == ""
        return ran

    return call


@pytest.fixture
def stays(run, tmp_path, monkeypatch):
    """A LocalStack that `scaleproof up` started. Its files are in a directory that a shell has to quote."""
    (tmp_path / "my files").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "my files"))
    run("up", "--port", str(free_port()))
    yield background.find()
    background.down()


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path, new_cache, kept_plans, standins):
    """Neither the caller's choices nor a LocalStack that stands already have a part in these tests.

    All commands of this process use the stand-ins of the run, and so the Terraform that is loaded.
    """
    if standins:
        monkeypatch.setattr(session, "StandIns", lambda: nullcontext(standins))
    for name in ("AWS_ENDPOINT_URL", "LOCALSTACK_HOST", "TERRAFORM"):
        monkeypatch.delenv(name, raising=False)
    # A cache of its own with LocalStack's environment in it, for commands that run as processes as well.
    monkeypatch.setenv("SCALEPROOF_CACHE", str(new_cache(tmp_path / "cache of mine")))


@pytest.fixture(scope="session")
def planned(tmp_path_factory, plan):
    """The JSON plan of the complete example: a real-time endpoint and an asynchronous one."""
    file = tmp_path_factory.mktemp("plan") / "plan.json"
    made = plan(EXAMPLES / "complete", name="speech", region="us-east-1", image=URI)
    file.write_text(json.dumps(made.raw))
    return file


@pytest.fixture
def bare(planned, tmp_path):
    """The same plan of endpoints that the module did not make: it does not say what an instance sustains."""
    plan = json.loads(planned.read_text())
    plan["resource_changes"] = [change for change in plan["resource_changes"] if change["type"] != "terraform_data"]
    (tmp_path / "bare.json").write_text(json.dumps(plan))
    return tmp_path / "bare.json"


@pytest.fixture(scope="session")
def small(tmp_path_factory, plan):
    """The JSON plan of ENDPOINT."""
    file = tmp_path_factory.mktemp("small") / "plan.json"
    file.write_text(json.dumps(plan(ENDPOINT, region="us-east-1", image=URI).raw))
    return file


@pytest.fixture
def profiles(monkeypatch, tmp_path):
    """The user's settings have two profiles, and no variable names one. Neither has credentials."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").write_text(
        f"[profile here]\nregion = eu-west-1\nendpoint_url = {HERE}\n"
        f"[profile away]\nregion = eu-north-1\nendpoint_url = {HERE}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("PROFILE", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "ENDPOINT_URL", "REGION", "DEFAULT_REGION"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)


@pytest.fixture
def prices(tmp_path):
    (tmp_path / "prices.csv").write_text(PRICES)
    return tmp_path / "prices.csv"
