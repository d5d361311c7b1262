"""Injects faults into LocalStack for tests, and returns the state of the emulator to them.

    GET, PUT, DELETE /_scaleproof/faults/ACCOUNT
    GET, PUT, DELETE /_scaleproof/container/ACCOUNT
    GET, DELETE /_scaleproof/calls/ACCOUNT
    GET, DELETE /_scaleproof/instances/ACCOUNT
    PUT /_scaleproof/clock/ACCOUNT
    GET /_scaleproof/streams/ACCOUNT

PUT takes a list of rules (see `engine.faults`) or the description of a container (see `engine.container`),
which replaces what was before. GET shows it, or the calls since the last DELETE. DELETE removes it. Requests of
LocalStack to itself are neither hit nor recorded. `instances` are those of real-time endpoints, with their
requests in flight; DELETE removes all endpoints of the account, with their scalable targets. PUT of a number of
seconds moves the clock of the account forward. `streams` says where bidirectional streams are served.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from localstack.aws import handlers
from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.utils.patch import patch
from rolo.serving import twisted as server
from twisted.internet import reactor

from scaleproof.emulator import Json
from scaleproof.emulator.api import calls, http2
from scaleproof.emulator.api.streams import Streams
from scaleproof.emulator.engine import clock, container, deployments, faults
from scaleproof.emulator.engine.faults import BROKEN, REFUSALS
from scaleproof.emulator.engine.state import Store
from scaleproof.errors import ScaleproofError

_CUT, _CONNECTION = "scaleproof_cut", "scaleproof.connection"


def install(directory: Path, port: int) -> None:
    """Adds the paths and the handlers, and serves streams. LocalStack must not have started yet.

    `directory` and `port` are as of `http2.start`.
    """
    streams = http2.start(Streams(_store_of, _watch), directory, port)
    for subject, methods, serve in (
        ("faults", ["GET", "PUT", "DELETE"], _faults),
        ("container", ["GET", "PUT", "DELETE"], _container),
        ("calls", ["GET", "DELETE"], _calls),
        ("instances", ["GET", "DELETE"], _instances),
        ("clock", ["PUT"], _clock),
        ("streams", ["GET"], lambda _request, _account: streams),
    ):
        ROUTER.add(f"/_scaleproof/{subject}/<account>", partial(_answer, serve), methods=methods)
    handlers.serve_custom_service_request_handlers.append(_gate)
    patch(server.update_wsgi_environment)(_keep_connection)
    handlers.run_custom_response_handlers.append(_cut)


def _answer(serve: Callable[[Request, str], Any], request: Request, account: str) -> Response:
    """The answer of a path; 400 with a message if it does not accept the body."""
    try:
        shown, status = serve(request, account), 200
    except ScaleproofError as error:
        shown, status = {"message": str(error)}, 400
    except ValueError as error:
        shown, status = {"message": f"This is not JSON: {error}."}, 400
    return Response(json.dumps(shown), status, mimetype="application/json")


# LocalStack is ready before it has imported its services: they are, with the first call.
def _store_of(access_key: str, region: str) -> Store:
    from scaleproof.emulator.api import services

    return services.store_of(get_account_id_from_access_key_id(access_key), region)


def _stores_of(account: str) -> list[Store]:
    from scaleproof.emulator.api import services

    return [store for store in services.every_store() if store.account == account]


def _watch() -> None:
    from scaleproof.emulator.api import services

    services.loop.ensure()


def _faults(request: Request, account: str) -> list[Json]:
    injected = faults.of_account(account)
    if request.method != "GET":
        injected.set(faults.parse(json.loads(request.get_data()) if request.method == "PUT" else []))
    return [
        {name: value for name, value in asdict(rule).items() if not name.startswith("_")} for rule in injected.rules
    ]


def _container(request: Request, account: str) -> Json:
    if request.method != "GET":
        container.describe_account(account, json.loads(request.get_data()) if request.method == "PUT" else {})
    return container.described(account)


def _calls(request: Request, account: str) -> Json:
    log = calls.of_account(account)
    if request.method == "DELETE":
        log.clear()
    return log.shown()


def _instances(request: Request, account: str) -> list[Json]:
    rows = []
    for store in _stores_of(account):
        with store.lock:
            if request.method == "DELETE":
                store.targets.clear()
                store.endpoints.clear()
                store.backlog.clear()
            deployments.complete_due(store)
            store.serve()
        rows += [{"region": store.region, **asdict(load)} for load in store.serving.loads()]
    return rows


def _clock(request: Request, account: str) -> Json:
    seconds = json.loads(request.get_data())
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds < math.inf:
        raise ScaleproofError(f"Send a number of seconds, 0 or more, not {seconds!r}.")
    stores = _stores_of(account)
    if not stores:
        raise ScaleproofError(f"Account {account} has had no requests yet, so it has no clock.")
    for store in stores:
        clock.advance(store, seconds)
    return {}


def _gate(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    if context.is_internal_call or context.service is None or context.operation is None:
        return
    service, operation = context.service.service_name, context.operation.name
    request: dict[str, Any] = dict(context.service_request or {})
    _record(context, service, request)
    injected = faults.of_account(context.account_id)
    fault = injected.strike(service, operation)
    if fault is not None and fault in REFUSALS:
        code, message, status, _ = REFUSALS[fault]
        raise CommonServiceException(code, message, status, sender_fault=status < 500)
    if fault in BROKEN:
        setattr(context, _CUT, True)
        if fault == "timeout":
            chain.respond(200, b"")
            return
    if service == "iam" and "RoleName" in request:
        injected.observe(operation, request["RoleName"])


def _record(context: RequestContext, service: str, request: dict[str, Any]) -> None:
    operation = context.operation
    assert operation
    shape = operation.input_shape
    calls.of_account(context.account_id).add(
        # AWS's SDKs send the same id with each repetition of a call.
        context.request.headers.get("amz-sdk-invocation-id") or str(context.request_id),
        service=service,
        operation=operation.name,
        region=context.region,
        params=calls.parameters(shape, request, service) if shape else {},
    )


def _keep_connection(update: Callable[..., None], environ: dict[str, Any], connection: Any) -> None:
    """Handlers cannot reach their own connection."""
    update(environ, connection)
    environ[_CONNECTION] = connection


def _cut(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    if getattr(context, _CUT, False):
        reactor.callFromThread(context.request.environ[_CONNECTION].transport.abortConnection)
