"""Small root configurations that need only Terraform's own provider."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scaleproof.terraform.root import Root

COUNTED = """
variable "amount" {
  type    = number
  default = 1

  validation {
    condition     = var.amount >= 0
    error_message = "Set amount to 0 or more."
  }
}

variable "label" {
  type    = any
  default = "a"
}

resource "terraform_data" "item" {
  count            = var.amount
  input            = var.label
  triggers_replace = var.amount > 10
}

check "few" {
  assert {
    condition     = var.amount < 5
    error_message = "More than four."
  }
}

output "labels" {
  value = terraform_data.item[*].output
}
"""


@pytest.fixture
def write(tmp_path):
    """Writes files below a directory and returns one of its directories."""

    def files(root="root", /, **contents):
        for name, text in contents.items():
            path = tmp_path / name.replace("__", "/")
            path = path.with_name(f"{path.name}.tf")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / root

    return files


@pytest.fixture
def planned(standins):
    """Plans a root, with the stand-ins."""

    def plan(root, **options):
        with Root(root, standins=standins, **options) as opened:
            return opened.plan()

    return plan


def state_of_random():
    """A state with a resource of another provider."""
    provider = 'provider["registry.terraform.io/hashicorp/random"]'
    resource = {"mode": "managed", "type": "random_id", "name": "x", "provider": provider, "instances": []}
    return json.dumps({"version": 4, "serial": 1, "lineage": "x", "resources": [resource]})


@contextmanager
def listening(answer):
    """The URL of a server on this machine, whose every request a method of its handler answers."""
    methods = dict.fromkeys(("do_GET", "do_HEAD", "do_POST"), answer) | {"log_message": lambda *_: None}
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (BaseHTTPRequestHandler,), methods))
    threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


def script(path, text):
    """A program that a shell runs."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def counted(write):
    """A root with two variables, some resources, a check and an output."""
    return write(root__main=COUNTED)
