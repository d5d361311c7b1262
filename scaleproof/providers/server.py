"""Serves a stand-in to Terraform, as a gRPC server of plugin protocol 6.

RPCs newer than 6.5 answer UNIMPLEMENTED, which means "not supported" to Terraform. With
TF_REATTACH_PROVIDERS one server serves all configurations of a provider, aliases too. Terraform opens a
connection for each configuration, so the server keeps them by connection. It listens on TCP, because all
peers of a Unix socket have the same name.
"""

# ruff: noqa: N802, D102 - the protocol defines these names and methods

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import grpc
from tfplugin_proto import tfplugin6_5_pb2 as pb
from tfplugin_proto import tfplugin6_5_pb2_grpc as pb_grpc

from scaleproof.providers import messages
from scaleproof.providers.standin import Provider, ProviderError
from scaleproof.translation.schema import Block
from scaleproof.translation.values import Values, from_plain, known, with_exact_numbers

_LOG = logging.getLogger(__name__)
_WORKERS = 16  # Terraform works on ten nodes of its graph at a time
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

Method = TypeVar("Method", bound=Callable[..., Any])


def _reported(method: Method) -> Method:
    """Turns an exception into a diagnostic, so that Terraform names the resource."""

    @functools.wraps(method)
    def call(self: Servicer, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except ProviderError as error:
            failure = error
        except Exception as error:  # a defect, which must not look like the user's mistake
            _LOG.exception("%s of the stand-in for %s failed", method.__name__, self.provider.name)
            failure = ProviderError(
                f"The stand-in for the provider {self.provider.name} failed",
                f"{method.__name__}: {type(error).__name__}: {error}. This is a defect of scaleproof.",
            )
        return getattr(pb, method.__name__).Response(diagnostics=messages.failure(failure))

    return call  # type: ignore[return-value]


class Servicer(pb_grpc.ProviderServicer):
    """Translates between the protocol and one `Provider` with all its configurations."""

    def __init__(self, provider: Provider) -> None:
        """Serves `provider`, whose schema must not change any more."""
        self.provider = provider
        self._configured: dict[str, Provider] = {}
        self._schemas = messages.provider_schema(provider.schema)

    def GetProviderSchema(self, request: Any, context: Any) -> Any:
        return self._schemas

    def GetFunctions(self, request: Any, context: Any) -> Any:
        return pb.GetFunctions.Response()

    def StopProvider(self, request: Any, context: Any) -> Any:
        return pb.StopProvider.Response()

    @_reported
    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateProviderConfig.Response()

    @_reported
    def ConfigureProvider(self, request: Any, context: Any) -> Any:
        config = messages.plain(request.config, self.provider.schema.provider.cty)
        self._configured[context.peer()] = self.provider.configured(config)
        return pb.ConfigureProvider.Response()

    @_reported
    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateResourceConfig.Response(diagnostics=self._problems(request, self._resource(request)))

    @_reported
    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:
        block = self.provider.schema.data_sources[request.type_name]
        problems = self._problems(request, block, data=True)
        return pb.ValidateDataResourceConfig.Response(diagnostics=problems)

    @_reported
    def UpgradeResourceState(self, request: Any, context: Any) -> Any:
        block = self._resource(request)
        try:
            # Texts, as a number may have more digits than a float.
            state = {**block.empty(), **json.loads(request.raw_state.json, parse_float=str)}
            upgraded = messages.dynamic(from_plain(state, block.cty), block.cty)
        except (TypeError, ValueError) as error:
            raise ProviderError(
                f"The state of {request.type_name} has another form than its schema",
                f"{error}. Restore a backup of the state, or take the resource out of it.",
            ) from error
        return pb.UpgradeResourceState.Response(upgraded_state=upgraded)

    @_reported
    def ReadResource(self, request: Any, context: Any) -> Any:
        cty = self._resource(request).cty
        current = messages.plain(request.current_state, cty)
        state = with_exact_numbers(self._configuration(context).read(request.type_name, current), current)
        return pb.ReadResource.Response(new_state=messages.dynamic(state, cty), private=request.private)

    @_reported
    def PlanResourceChange(self, request: Any, context: Any) -> Any:
        cty = self._resource(request).cty
        prior, config = messages.plain(request.prior_state, cty), messages.plain(request.config, cty)
        proposed = messages.plain(request.proposed_new_state, cty)
        if proposed is None:
            return pb.PlanResourceChange.Response(planned_state=request.proposed_new_state)
        planned = self._configuration(context).plan(request.type_name, prior, config, proposed)
        state = with_exact_numbers(planned.state, config)
        return pb.PlanResourceChange.Response(
            planned_state=messages.dynamic(state, cty),
            requires_replace=[messages.attribute_path(path, cty) for path in planned.replace],
            planned_private=request.prior_private,
            diagnostics=messages.diagnostics(planned.problems, cty),
            legacy_type_system=self.provider.legacy,
        )

    @_reported
    def ApplyResourceChange(self, request: Any, context: Any) -> Any:
        cty = self._resource(request).cty
        prior, planned = messages.plain(request.prior_state, cty), messages.plain(request.planned_state, cty)
        try:
            state = _apply(self._configuration(context), request.type_name, prior, planned)
            problems = []
        except ProviderError as error:
            state = _after_failure(self.provider, prior, planned) if error.state is None else error.state
            problems = messages.failure(error)
        return pb.ApplyResourceChange.Response(
            new_state=messages.dynamic(with_exact_numbers(state, planned), cty),
            private=request.planned_private,
            diagnostics=problems,
            legacy_type_system=self.provider.legacy,
        )

    @_reported
    def ImportResourceState(self, request: Any, context: Any) -> Any:
        state = self._configuration(context).import_state(request.type_name, request.id)
        imported = pb.ImportResourceState.ImportedResource(
            type_name=request.type_name, state=messages.dynamic(state, self._resource(request).cty)
        )
        return pb.ImportResourceState.Response(imported_resources=[imported])

    @_reported
    def ReadDataSource(self, request: Any, context: Any) -> Any:
        cty = self.provider.schema.data_sources[request.type_name].cty
        config = messages.plain(request.config, cty)
        state = self._configuration(context).read_data(request.type_name, config)
        return pb.ReadDataSource.Response(state=messages.dynamic(state, cty))

    def _configuration(self, context: grpc.ServicerContext) -> Provider:
        """The provider as configured on this connection."""
        if context.peer() not in self._configured:
            raise ProviderError(f"The provider {self.provider.name} is not configured")
        return self._configured[context.peer()]

    def _problems(self, request: Any, block: Block, *, data: bool = False) -> list[pb.Diagnostic]:
        config = messages.plain(request.config, block.cty)
        return messages.diagnostics(self.provider.validate(request.type_name, config, data=data), block.cty)

    def _resource(self, request: Any) -> Block:
        return self.provider.schema.resources[request.type_name]


def _apply(provider: Provider, type_name: str, prior: Values | None, planned: Values | None) -> Values | None:
    if prior is None:
        return None if planned is None else provider.create(type_name, planned)
    if planned is None:
        provider.delete(type_name, prior)
        return None
    return provider.update(type_name, prior, planned)


def _after_failure(provider: Provider, prior: Values | None, planned: Values | None) -> Values | None:
    """What a failed operation leaves in the state if it does not say.

    The SDK keeps the planned values of an update: resource.go, Apply, and resource_data.go, State, of
    hashicorp/terraform-plugin-sdk. The framework keeps the prior ones.
    """
    updating = prior is not None and planned is not None
    state: Values | None = known(planned) if provider.legacy and updating else prior
    return state


def serve(provider: Provider) -> tuple[grpc.Server, int]:
    """Starts a server. Returns it and its port on 127.0.0.1."""
    server = grpc.server(
        ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"provider-{provider.name}"), options=_UNLIMITED
    )
    pb_grpc.add_ProviderServicer_to_server(Servicer(provider), server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
