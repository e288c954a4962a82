"""A program that runs one case of one secrets backend of Airflow.

It reads a plan as JSON from standard input and writes the result. It needs only Airflow and the backend, so
that the peer's Python can run it.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from typing import Any, Protocol

LOOKUPS = 1000
THREADS = 50


class Backend(Protocol):
    """The part of a secrets backend that looks up connections."""

    def get_conn_value(self, conn_id: str) -> str | None:
        """Return a connection as text, None if there is none."""


def watchword(plan: dict[str, Any]) -> Backend:
    """Return watchword's backend. The environment points it to the emulator."""
    from airflow_provider_watchword.secrets import GoogleSecretManagerBackend  # noqa: PLC0415 - its import is timed

    return GoogleSecretManagerBackend(project_id=plan["project"], gcp_keyfile_dict=plan["keyfile"])


def google(plan: dict[str, Any]) -> Backend:
    """Return Google's backend."""
    from airflow.providers.google.cloud.secrets.secret_manager import (  # noqa: PLC0415 - its import is timed
        CloudSecretManagerBackend,
    )

    backend: Backend = CloudSecretManagerBackend(project_id=plan["project"], gcp_keyfile_dict=plan["keyfile"])
    return backend


def redirect(address: str) -> None:
    """Point the clients of Google's backend to the emulator. The rest of the backend stays unchanged."""
    import grpc  # noqa: PLC0415 - after the timed import
    from airflow.providers.google.cloud._internal_client import secret_manager_client  # noqa: PLC0415
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient  # noqa: PLC0415
    from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (  # noqa: PLC0415
        SecretManagerServiceGrpcTransport,
    )

    def client(credentials: object, client_info: Any) -> SecretManagerServiceClient:  # noqa: ANN401, ARG001
        transport = SecretManagerServiceGrpcTransport(channel=grpc.insecure_channel(address))
        return SecretManagerServiceClient(transport=transport, client_info=client_info)

    secret_manager_client.SecretManagerServiceClient = client


channels: list[str] = []
"""The addresses of the opened channels, in order.

They are counted here because gRPC lets channels without credentials share a TCP connection.
"""


def count_channels() -> None:
    """Record each channel from now on."""
    import grpc  # noqa: PLC0415 - after the timed import

    insecure_channel = grpc.insecure_channel

    def record(address: str) -> grpc.Channel:
        channels.append(address)
        return insecure_channel(address)

    grpc.insecure_channel = record


BACKENDS: dict[str, Callable[[dict[str, Any]], Backend]] = {"watchword": watchword, "google": google}


def loading(plan: dict[str, Any]) -> float:
    """Return the CPU seconds that the backend's import and construction take after Airflow's import."""
    import airflow  # noqa: F401, PLC0415 - the backend's cost is measured beyond Airflow's

    started = time.process_time()
    BACKENDS[plan["backend"]](plan)
    return time.process_time() - started


def lookups(plan: dict[str, Any]) -> float:
    """Look one name up 1,000 times, and return the seconds of one lookup after the first."""
    backend = new_backend(plan)
    name, there = plan["name"], plan["there"]
    assert (backend.get_conn_value(name) is not None) is there
    started = time.perf_counter()
    values = [backend.get_conn_value(name) for _ in range(LOOKUPS - 1)]
    seconds = time.perf_counter() - started
    assert all((each is not None) is there for each in values)
    return seconds / len(values)


def threads(plan: dict[str, Any]) -> float:
    """Look one name up in many threads that start together, and return how many found it."""
    backend = new_backend(plan)
    together = threading.Barrier(THREADS)

    def look_up(_: int) -> bool:
        together.wait()
        return backend.get_conn_value(plan["name"]) is not None

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(look_up, range(THREADS)))


def distributions(plan: dict[str, Any]) -> float:
    """Return how many distributions a requirement adds to an environment with Airflow."""
    return len(closure(plan["requirement"]) - closure("apache-airflow"))


def new_backend(plan: dict[str, Any]) -> Backend:
    """Return the backend, which uses the emulator and whose channels are counted."""
    count_channels()
    if plan["backend"] == "google":
        redirect(plan["address"])
    return BACKENDS[plan["backend"]](plan)


def closure(text: str) -> set[str]:
    """Return the names of a requirement and its installed dependencies."""
    from packaging.requirements import Requirement  # noqa: PLC0415 - comes with Airflow
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    pending, seen = [Requirement(text)], set[tuple[str, str]]()
    while pending:
        requirement = pending.pop()
        name = str(canonicalize_name(requirement.name))
        for extra in {"", *requirement.extras} - {extra for seen_name, extra in seen if seen_name == name}:
            seen.add((name, extra))
            dependencies = [Requirement(each) for each in metadata.requires(name) or ()]
            pending += [
                each for each in dependencies if not each.marker or each.marker.evaluate({"extra": extra})
            ]
    return {name for name, _ in seen}


CASES: dict[str, Callable[[dict[str, Any]], float]] = {
    "loading": loading,
    "lookups": lookups,
    "threads": threads,
    "distributions": distributions,
}


def main() -> None:
    """Run the case of the plan. The last line of the output is the result."""
    plan = json.load(sys.stdin)
    figure = CASES[plan["case"]](plan)
    print(f"\n{json.dumps({'figure': figure, 'channels': len(channels)})}")


if __name__ == "__main__":
    main()
