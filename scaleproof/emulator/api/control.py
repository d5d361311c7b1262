"""Injects the faults that tests ask for into LocalStack, and shows them what goes on in it.

    GET, PUT, DELETE /_scaleproof/faults/ACCOUNT
    GET, PUT, DELETE /_scaleproof/container/ACCOUNT
    GET, DELETE /_scaleproof/calls/ACCOUNT
    GET, DELETE /_scaleproof/instances/ACCOUNT
    GET /_scaleproof/streams/ACCOUNT

PUT takes a list of rules (see `fault_rules`) or the description of a container (see `container_rules`), which
replaces what was before. GET shows it, or the calls since the last DELETE. DELETE removes it. Requests of
LocalStack to itself are neither hit nor recorded. `instances` are those of real-time endpoints, with their
requests in flight; DELETE removes all endpoints of the account, with their scalable targets. `streams` says
where bidirectional streams are served.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from localstack.aws import handlers
from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.app import LocalstackAwsGateway
from localstack.aws.chain import HandlerChain
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.utils.patch import patch
from rolo.serving import twisted as server
from twisted.internet import reactor

from scaleproof.emulator import guard
from scaleproof.emulator.api import calls, container_rules, fault_rules, http2
from scaleproof.emulator.api.streams import Streams
from scaleproof.emulator.engine import container, deployments, faults
from scaleproof.emulator.engine.faults import BROKEN, REFUSALS
from scaleproof.emulator.engine.state import Store
from scaleproof.errors import ScaleproofError

_CUT, _CONNECTION = "scaleproof_cut", "scaleproof.connection"


def install(directory: Path, port: int) -> None:
    """Adds the paths and the handlers, and serves streams. LocalStack must not have started yet.

    `directory` and `port` are as of `http2.start`.
    """
    served = http2.start(Streams(_store_of, _watch), directory, port)
    ROUTER.add("/_scaleproof/faults/<account>", _faults, methods=["GET", "PUT", "DELETE"])
    ROUTER.add("/_scaleproof/container/<account>", _container, methods=["GET", "PUT", "DELETE"])
    ROUTER.add("/_scaleproof/calls/<account>", _calls, methods=["GET", "DELETE"])
    ROUTER.add("/_scaleproof/instances/<account>", _instances, methods=["GET", "DELETE"])
    streams = {"endpoint_url": served.endpoint_url, "ca_bundle": str(served.ca_bundle)}
    ROUTER.add("/_scaleproof/streams/<account>", lambda *_, **__: _answer(streams), methods=["GET"])
    patch(LocalstackAwsGateway.__init__)(_guard)
    handlers.serve_custom_service_request_handlers.append(_gate)
    patch(server.update_wsgi_environment)(_keep_connection)
    handlers.run_custom_response_handlers.append(_cut)


def _guard(init: Callable[..., None], gateway: LocalstackAwsGateway, *rest: Any, **named: Any) -> None:
    """No handler sees what `guard` refuses, be it AWS's APIs, LocalStack's paths, these, or sockets."""
    init(gateway, *rest, **named)
    gateway.request_handlers.insert(0, _turn_away)


def _turn_away(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    if why := guard.refusal(context.request.headers.get):
        response.status_code = guard.REFUSED
        response.set_json({"message": why})
        chain.terminate()


# LocalStack is ready before it has imported its services: they are, with the first call.
def _store_of(access_key: str, region: str) -> Store:
    from scaleproof.emulator.api import services

    return services.store_of(get_account_id_from_access_key_id(access_key), region)


def _watch() -> None:
    from scaleproof.emulator.api import services

    services.loop.ensure()


def _instances(request: Request, account: str) -> Response:
    from scaleproof.emulator.api import services

    rows = []
    for store in services.every_store():
        if store.account == account:
            with store.lock:
                if request.method == "DELETE":
                    store.targets.clear()
                    store.endpoints.clear()
                    store.backlog.clear()
                deployments.complete_due(store)
                store.serve()
            rows += [
                {"region": store.region, "endpoint": place[0], "variant": place[1], **asdict(load)}
                for place, loads in store.serving.loads().items()
                for load in loads
            ]
    return _answer(rows)


def _setting(
    initial: Any, parse: Callable[[Any], Any], put: Callable[[str, Any], None], show: Callable[[str], Any]
) -> Callable[[Request, str], Response]:
    """Serves a path: GET shows what is set in an account, PUT replaces it, DELETE brings `initial` back."""

    def serve(request: Request, account: str) -> Response:
        try:
            if request.method != "GET":
                put(account, parse(json.loads(request.get_data()) if request.method == "PUT" else initial))
        except ScaleproofError as error:
            return _answer({"message": str(error)}, 400)
        except ValueError as error:
            return _answer({"message": f"This is not JSON: {error}."}, 400)
        return _answer(show(account))

    return serve


_container = _setting(
    {},
    container_rules.parse,
    container.set_account,
    lambda account: container_rules.shown(container.described(account)),
)
_faults = _setting(
    [],
    fault_rules.parse,
    lambda account, rules: faults.of_account(account).set(rules),
    lambda account: [
        {name: value for name, value in asdict(rule).items() if not name.startswith("_")}
        for rule in faults.of_account(account).rules
    ],
)


def _calls(request: Request, account: str) -> Response:
    log = calls.of_account(account)
    if request.method == "DELETE":
        log.clear()
    return _answer(log.shown())


def _answer(shown: Any, status: int = 200) -> Response:
    return Response(json.dumps(shown), status, mimetype="application/json")


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
    call = {
        "service": service,
        "operation": operation.name,
        "region": context.region,
        "params": calls.parameters(shape, request, service) if shape else {},
        "time": time.time(),
    }
    # AWS's SDKs send the same id with each repetition of a call.
    invocation = context.request.headers.get("amz-sdk-invocation-id") or str(context.request_id)
    calls.of_account(context.account_id).add(invocation, call)


def _keep_connection(update: Callable[..., None], environ: dict[str, Any], connection: Any) -> None:
    """Handlers cannot reach their own connection."""
    update(environ, connection)
    environ[_CONNECTION] = connection


def _cut(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    if getattr(context, _CUT, False):
        reactor.callFromThread(context.request.environ[_CONNECTION].transport.abortConnection)
