"""The gRPC service: it logs each call, applies faults and quotas, and responds or refuses."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc

from watchword_playground.secret_manager.call_log import Call, CallLog
from watchword_playground.secret_manager.faults import Fault, Faults, Quotas
from watchword_playground.secret_manager.memory import SecretMemory
from watchword_playground.secret_manager.methods import METHODS
from watchword_playground.secret_manager.refusal import Refusal
from watchword_playground.secret_manager.relay import Relay

SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"

LONGEST_HANG = 10.0
"""The longest time that a call hangs, in seconds, even if its deadline is later."""

_REFUSALS = {
    "throttled": (
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric '{group} requests' of service 'secretmanager.googleapis.com'.",
    ),
    "denied": (
        "PERMISSION_DENIED",
        "Permission 'secretmanager.{permission}' denied for resource '{name}' (or it may not exist).",
    ),
    "unauthenticated": (
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token.",
    ),
    "unavailable": ("UNAVAILABLE", "The service is currently unavailable."),
    "internal": ("INTERNAL", "Internal error encountered."),
}


@dataclass
class Service:
    """The service of one emulator. `relay` accepts its connections."""

    log: CallLog
    relay: Relay
    memory: SecretMemory = field(default_factory=SecretMemory)
    faults: Faults = field(default_factory=Faults)
    quotas: Quotas = field(default_factory=Quotas)

    def handler(self) -> grpc.GenericRpcHandler:
        """Return the handler for gRPC's server."""
        return grpc.method_handlers_generic_handler(
            SERVICE, {name: self._method_handler(name) for name in METHODS}
        )

    def _method_handler(self, method: str) -> grpc.RpcMethodHandler[Any, Any]:
        def call(request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 -- any request of Google's
            return self._call(method, request, context)

        return grpc.unary_unary_rpc_method_handler(
            call,
            request_deserializer=METHODS[method].request.deserialize,
            response_serializer=_serialize,
        )

    def _call(self, method: str, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 -- any message of Google's
        name = _resource(request)
        client = self.relay.client(context.peer())
        self.log.record(Call(method, name, client.address), client.connection)
        fault = self.faults.take(method, name)
        try:
            if fault is not None and not fault.late:
                self._strike(fault, method, name, context)
            if not self.quotas.take(METHODS[method].group):
                refuse("throttled", method, name)
            response = METHODS[method].call(self.memory, request)
            if fault is not None:
                self._strike(fault, method, name, context)
                _distort(fault, response)
        except Refusal as refusal:
            context.abort(grpc.StatusCode[refusal.status], refusal.message)
        return response

    def _strike(self, fault: Fault, method: str, name: str, context: grpc.ServicerContext) -> None:
        if fault.kind in _REFUSALS:
            refuse(fault.kind, method, name)
        if fault.kind == "hang":
            _wait(context)
            raise Refusal("DEADLINE_EXCEEDED", "Deadline exceeded.")
        if fault.kind == "reset":
            self.relay.reset(context.peer())
            raise Refusal("UNAVAILABLE", "The connection was reset.")  # the client sees the reset instead


def refuse(kind: str, method: str, name: str) -> NoReturn:
    """Raise the Refusal for a kind of fault."""
    status, text = _REFUSALS[kind]
    group, permission = METHODS[method].group.capitalize(), METHODS[method].permission
    raise Refusal(status, text.format(group=group, permission=permission, name=name))


def _wait(context: grpc.ServicerContext) -> None:
    """Wait until the client gives up or the server stops."""
    ended = threading.Event()
    if context.add_callback(ended.set):
        ended.wait(LONGEST_HANG)


def _distort(fault: Fault, response: Any) -> None:  # noqa: ANN401 -- any response with a payload
    if fault.kind == "corrupt":
        data = response.payload.data
        response.payload.data = bytes([data[0] ^ 1]) + data[1:]
    elif fault.kind == "no_crc":
        del response.payload.data_crc32c


def _resource(request: Any) -> str:  # noqa: ANN401 -- any request of Google's
    """Return the full name of the resource in a request."""
    if hasattr(request, "secret_id"):
        return f"{request.parent}/secrets/{request.secret_id}"
    if hasattr(request, "secret"):
        return str(request.secret.name)
    return str(request.parent if hasattr(request, "parent") else request.name)


def _serialize(response: Any) -> bytes:  # noqa: ANN401 -- any response of Google's, or None for Empty
    return b"" if response is None else bytes(type(response).serialize(response))
