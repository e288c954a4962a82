"""1,000 sensors in one triggerer: how long they take, whether they block the event loop, and memory.

All of them validate at once, against a local server that takes 200 ms for each answer. Beside it is what
`mode="poke"` needs: a worker slot for each sensor, for as long as its validation takes.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

SENSORS = 1000
CONNECTIONS = 10
LATENCY = 0.2
"""How long the server takes for an answer, in seconds."""

POKES = 5
"""How many validations are measured in poke mode."""

KEY = "made-up-key-of-a-benchmark-{}"
TICK = 0.002
_MIB = 1 << 10
"""The unit of `ru_maxrss` is 1 KiB."""


async def serve() -> None:
    """Answer each request after the latency: 200 with one of the keys, and 401 without."""
    keys = [f"\r\nx-api-key: {KEY.format(number)}\r\n".encode() for number in range(CONNECTIONS)]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await asyncio.sleep(LATENCY)
                accepted = any(key in head for key in keys)
                status, body = (
                    ("200 OK", b'{"id": 1}') if accepted else ("401 Unauthorized", b'{"detail": "no"}')
                )
                lines = [
                    f"HTTP/1.1 {status}",
                    "Content-Type: application/json",
                    f"Content-Length: {len(body)}",
                ]
                writer.write("\r\n".join([*lines, "", ""]).encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2 * SENSORS)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def slow_server() -> Iterator[str]:
    """Run the server in a process of its own, and return its URL."""
    process = subprocess.Popen(  # noqa: S603 - this file
        [sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield f"http://127.0.0.1:{(process.stdout.readline() if process.stdout else '').strip()}"
    finally:
        process.terminate()
        process.wait()


def prepare(home: str, url: str) -> None:
    """Set the environment of an Airflow whose connections lead to the server."""
    os.environ.update(
        AIRFLOW_HOME=home, WATCHWORD_HOME=f"{home}/watchword", AIRFLOW__CORE__LOAD_EXAMPLES="False"
    )
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
    for number in range(CONNECTIONS):
        extra = {
            "schema_version": 1,
            "method": "api_key",
            "api_key": KEY.format(number),
            "test_url": f"{url}/v1/me",
        }
        connection = {"conn_type": "watchword", "host": url, "extra": extra}
        os.environ[f"AIRFLOW_CONN_ACME_{number}"] = json.dumps(connection)


async def run_all(triggers: list[Any]) -> tuple[float, float, list[Any]]:
    """Run all triggers, and return the duration, how long the loop was blocked at most, and the events."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            longest = max(longest, time.perf_counter() - before - TICK)

    async def event_of(trigger: Any) -> Any:  # noqa: ANN401 - Airflow's
        return (await anext(trigger.run())).payload

    watching = asyncio.create_task(watch())
    started = time.perf_counter()
    events = await asyncio.gather(*map(event_of, triggers))
    duration = time.perf_counter() - started
    watching.cancel()
    return duration, longest, events


def main() -> None:
    """Measure and print the table."""
    with slow_server() as url, tempfile.TemporaryDirectory() as home:
        prepare(home, url)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Airflow and its dependencies, on import
            from airflow_provider_watchword.sensors import CredentialSensor  # noqa: PLC0415 - after its settings

            sensors = [
                CredentialSensor(task_id=f"gate_{number}", http_conn_id=f"acme_{number % CONNECTIONS}")
                for number in range(SENSORS)
            ]
            triggers = [sensor._trigger() for sensor in sensors]  # noqa: SLF001 - what it defers to
            asyncio.run(run_all(triggers[:CONNECTIONS]))  # imports, the store, and the masker
        gc.collect()
        gc.freeze()  # else the collector takes 200 ms now and then for the objects of Airflow itself
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        duration, blocked, events = asyncio.run(run_all(triggers))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        wrong = [event for event in events if event["report"]["verdict"] != "valid"]
        if wrong:
            raise RuntimeError(f"{len(wrong)} sensors failed, one with {wrong[0]['report']['summary']}")
        started = time.perf_counter()
        for sensor in sensors[:POKES]:
            sensor.poke({})
        poke = (time.perf_counter() - started) / POKES
    show(duration, blocked, memory, poke)


def show(duration: float, blocked: float, memory: float, poke: float) -> None:
    """Print the table."""
    table = Table("1,000 sensors, 200 ms for each answer", "triggerer", 'mode="poke"')
    table.add_row("until all have ended, s", f"{duration:.1f}", f"{poke:.1f} with {SENSORS:,} slots")
    table.add_row("worker slots, times seconds", "0", f"{SENSORS * poke:,.0f}")
    table.add_row("longest block of the event loop, ms", f"{blocked * 1000:.0f}", "")
    table.add_row("memory above the imports, MiB", f"{memory / _MIB:.0f}", "a process for each slot")
    Console().print(table)


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        asyncio.run(serve())
    else:
        main()
