"""A program: one secrets backend of Airflow, asked as a plan says, by whichever Python has it.

It reads the plan as JSON from standard input, and writes what came of it. Besides Airflow and the backend it
needs nothing, so that the peer's Python can run it.
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
    """What a secrets backend has for connections."""

    def get_conn_value(self, conn_id: str) -> str | None:
        """Return a connection as text, None where there is none."""


def watchword(plan: dict[str, Any]) -> Backend:
    """Return ours; the environment leads it to the emulator."""
    from airflow_provider_watchword.secrets import GoogleSecretManagerBackend  # noqa: PLC0415 - it is timed

    return GoogleSecretManagerBackend(project_id=plan["project"], gcp_keyfile_dict=plan["keyfile"])


def google(plan: dict[str, Any]) -> Backend:
    """Return Google's."""
    from airflow.providers.google.cloud.secrets.secret_manager import (  # noqa: PLC0415 - likewise
        CloudSecretManagerBackend,
    )

    backend: Backend = CloudSecretManagerBackend(project_id=plan["project"], gcp_keyfile_dict=plan["keyfile"])
    return backend


def redirect(address: str) -> None:
    """Have the clients that Google's backend makes speak to the emulator; all else of it stays."""
    import grpc  # noqa: PLC0415 - after loading was timed
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
"""The addresses of the channels that were opened, in their order.

They are counted here, for gRPC lets channels without credentials share a TCP connection.
"""


def count_channels() -> None:
    """Note each channel from now on."""
    import grpc  # noqa: PLC0415 - likewise

    opened = grpc.insecure_channel

    def counted(address: str) -> grpc.Channel:
        channels.append(address)
        return opened(address)

    grpc.insecure_channel = counted


BACKENDS: dict[str, Callable[[dict[str, Any]], Backend]] = {"watchword": watchword, "google": google}


def loading(plan: dict[str, Any]) -> float:
    """Return the seconds of CPU that importing and making the backend take in a process that has Airflow."""
    import airflow  # noqa: F401, PLC0415 - what the backend's cost comes on top of

    started = time.process_time()
    BACKENDS[plan["backend"]](plan)
    return time.process_time() - started


def lookups(plan: dict[str, Any]) -> float:
    """Look one name up a thousand times, and return the seconds of one lookup but the first."""
    backend = made(plan)
    name, there = plan["name"], plan["there"]
    assert (backend.get_conn_value(name) is not None) is there
    started = time.perf_counter()
    found = [backend.get_conn_value(name) for _ in range(LOOKUPS - 1)]
    seconds = time.perf_counter() - started
    assert all((each is not None) is there for each in found)
    return seconds / len(found)


def threads(plan: dict[str, Any]) -> float:
    """Look one name up from many threads that begin together, and return how many found it."""
    backend = made(plan)
    together = threading.Barrier(THREADS)

    def look_up(_: int) -> bool:
        together.wait()
        return backend.get_conn_value(plan["name"]) is not None

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(look_up, range(THREADS)))


def distributions(plan: dict[str, Any]) -> float:
    """Return how many distributions a requirement brings to an environment that has Airflow."""
    return len(closure(plan["requirement"]) - closure("apache-airflow"))


def made(plan: dict[str, Any]) -> Backend:
    """Return the backend, led to the emulator, with its channels counted."""
    count_channels()
    if plan["backend"] == "google":
        redirect(plan["address"])
    return BACKENDS[plan["backend"]](plan)


def closure(text: str) -> set[str]:
    """Return the names of what a requirement needs here, itself included."""
    from packaging.requirements import Requirement  # noqa: PLC0415 - comes with Airflow
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    open_, seen = [Requirement(text)], set[tuple[str, str]]()
    while open_:
        wanted = open_.pop()
        name = str(canonicalize_name(wanted.name))
        for extra in {"", *wanted.extras} - {extra for known, extra in seen if known == name}:
            seen.add((name, extra))
            needed = [Requirement(each) for each in metadata.requires(name) or ()]
            open_ += [each for each in needed if not each.marker or each.marker.evaluate({"extra": extra})]
    return {name for name, _ in seen}


CASES: dict[str, Callable[[dict[str, Any]], float]] = {
    "loading": loading,
    "lookups": lookups,
    "threads": threads,
    "distributions": distributions,
}


def main() -> None:
    """Run the case of the plan; the last line of the output is what came of it."""
    plan = json.load(sys.stdin)
    figure = CASES[plan["case"]](plan)
    print(f"\n{json.dumps({'figure': figure, 'channels': len(channels)})}")


if __name__ == "__main__":
    main()
