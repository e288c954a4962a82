"""The gRPC side: each call is counted, disturbed if so wished, answered or refused."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc

from watchword_playground.secret_manager.faults import Fault, Faults, Quotas
from watchword_playground.secret_manager.memory import Memory
from watchword_playground.secret_manager.methods import METHODS
from watchword_playground.secret_manager.refusal import Refusal
from watchword_playground.secret_manager.relay import Relay
from watchword_playground.secret_manager.traffic import Call, Traffic

SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"

LONGEST_HANG = 10.0
"""How many seconds a call hangs at most, whatever its deadline."""

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
    """One emulator's answers; `relay` is what connections come by."""

    traffic: Traffic
    relay: Relay
    memory: Memory = field(default_factory=Memory)
    faults: Faults = field(default_factory=Faults)
    quotas: Quotas = field(default_factory=Quotas)

    def handler(self) -> grpc.GenericRpcHandler:
        """Return what gRPC's server is given."""
        return grpc.method_handlers_generic_handler(
            SERVICE, {name: self._method_handler(name) for name in METHODS}
        )

    def _method_handler(self, method: str) -> grpc.RpcMethodHandler[Any, Any]:
        def answer(request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 -- any of Google's
            return self._answer(method, request, context)

        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=METHODS[method].request.deserialize,
            response_serializer=_serialize,
        )

    def _answer(self, method: str, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 -- any
        name = _resource(request)
        client = self.relay.client(context.peer())
        self.traffic.record(Call(method, name, client.address), client.connection)
        fault = self.faults.take(method, name)
        try:
            if fault is not None and not fault.late:
                self._strike(fault, method, name, context)
            if not self.quotas.take(METHODS[method].group):
                refuse("throttled", method, name)
            reply = METHODS[method].answer(self.memory, request)
            if fault is not None:
                self._strike(fault, method, name, context)
                _spoil(fault, reply)
        except Refusal as refusal:
            context.abort(grpc.StatusCode[refusal.status], refusal.message)
        return reply

    def _strike(self, fault: Fault, method: str, name: str, context: grpc.ServicerContext) -> None:
        if fault.kind in _REFUSALS:
            refuse(fault.kind, method, name)
        if fault.kind == "hang":
            _wait(context)
            raise Refusal("DEADLINE_EXCEEDED", "Deadline exceeded.")
        if fault.kind == "reset":
            self.relay.reset(context.peer())
            raise Refusal("UNAVAILABLE", "The connection was reset.")  # which nobody hears


def refuse(kind: str, method: str, name: str) -> NoReturn:
    """Raise the Refusal of a kind of fault."""
    status, text = _REFUSALS[kind]
    known = METHODS[method]
    shown = text.format(group=known.group.capitalize(), permission=known.permission, name=name)
    raise Refusal(status, shown)


def _wait(context: grpc.ServicerContext) -> None:
    """Wait until the client has given up, or the server stops."""
    ended = threading.Event()
    if context.add_callback(ended.set):
        ended.wait(LONGEST_HANG)


def _spoil(fault: Fault, reply: Any) -> None:  # noqa: ANN401 -- only a reply with a payload comes here
    if fault.kind == "corrupt":
        data = reply.payload.data
        reply.payload.data = bytes([data[0] ^ 1]) + data[1:]
    elif fault.kind == "no_crc":
        del reply.payload.data_crc32c


def _resource(request: Any) -> str:  # noqa: ANN401 -- any of Google's
    """Return the full name of what a request is about."""
    if hasattr(request, "secret_id"):
        return f"{request.parent}/secrets/{request.secret_id}"
    if hasattr(request, "secret"):
        return str(request.secret.name)
    return str(request.parent if hasattr(request, "parent") else request.name)


def _serialize(reply: Any) -> bytes:  # noqa: ANN401 -- any of Google's, or None for Empty
    return b"" if reply is None else bytes(type(reply).serialize(reply))
