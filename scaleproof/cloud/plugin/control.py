"""Lets faults into LocalStack, and takes them from tests: see `injection` for what there is.

    GET, PUT, DELETE /_scaleproof/faults/ACCOUNT

PUT takes a list of rules, which replace those before; GET gives those that hold; DELETE ends them all.
Requests of LocalStack to itself are never hit.
"""

from __future__ import annotations

import json
import os
import socket
import stat
from dataclasses import asdict
from pathlib import Path
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Request, Response
from localstack.services.edge import ROUTER

from scaleproof.cloud.plugin import injection
from scaleproof.cloud.plugin.injection import BROKEN, REFUSALS, RuleError

PATH = "/_scaleproof/faults/<account>"
_CUT = "scaleproof_cut"


def install() -> None:
    """Adds the path and the gate to a LocalStack that has not started yet."""
    ROUTER.add(PATH, _control, methods=["GET", "PUT", "DELETE"])
    handlers.serve_custom_service_request_handlers.append(_gate)
    handlers.run_custom_response_handlers.append(_cut)


def _control(request: Request, account: str) -> Response:
    injected = injection.of(account)
    if request.method == "DELETE":
        injected.set([])
    elif request.method == "PUT":
        try:
            injected.set(injection.parse(json.loads(request.get_data(as_text=True))))
        except ValueError as error:
            text = str(error) if isinstance(error, RuleError) else f"This is no JSON: {error}."
            return Response(json.dumps({"message": text}), 400, mimetype="application/json")
    shown = [
        {name: value for name, value in asdict(rule).items() if not name.startswith("_")}
        for rule in injected.rules
    ]
    return Response(json.dumps(shown), 200, mimetype="application/json")


def _gate(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    if context.is_internal_call or context.service is None or context.operation is None:
        return
    injected = injection.of(context.account_id)
    service, operation = context.service.service_name, context.operation.name
    fault = injected.strike(service, operation)
    if fault is not None and fault in REFUSALS:
        code, message, status, _ = REFUSALS[fault]
        raise CommonServiceException(code, message, status, sender_fault=status < 500)
    if fault in BROKEN:
        setattr(context, _CUT, True)
        if fault == "timeout":
            chain.respond(200, b"")
            return
    request: dict[str, Any] = dict(context.service_request or {})
    if service == "iam" and "RoleName" in request:
        injected.observe(operation, request["RoleName"])


def _cut(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    if getattr(context, _CUT, False):
        _disconnect(int(context.request.environ["REMOTE_PORT"]))


def _disconnect(port: int) -> None:
    """Closes the connection whose other end has this port: a handler has no hold on its own connection."""
    for entry in Path("/dev/fd").iterdir():
        descriptor = int(entry.name)
        try:
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            with socket.socket(fileno=os.dup(descriptor)) as found:
                peer = found.getpeername()
                if isinstance(peer, tuple) and peer[1] == port:
                    found.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue  # one that listens, or that has gone meanwhile
