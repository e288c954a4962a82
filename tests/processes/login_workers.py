"""A program of processes with threads that need the same token at the same moment; it prints the statuses."""

from __future__ import annotations

import json
import multiprocessing
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

import watchword
from watchword.errors import WatchwordError

CONTEXT = multiprocessing.get_context("fork")
PROCESSES, THREADS = 4, 8


def work(document: dict[str, Any], ready: Barrier, results: Queue) -> None:
    """Call the API once from each thread."""
    connection = watchword.load(document, "acme")
    together = threading.Barrier(THREADS)
    with connection.session() as api, ThreadPoolExecutor(THREADS) as pool:

        def call(_: int) -> str:
            together.wait()
            try:
                return str(api.get("/v1/me").status_code)
            except WatchwordError as error:
                return str(error)

        ready.wait()
        results.put(list(pool.map(call, range(THREADS))))


def main() -> None:
    document = json.load(sys.stdin)
    opened = watchword.load(document, "acme")  # imports everything once, for all processes
    opened.session().close()
    opened.store.records()
    ready, results = CONTEXT.Barrier(PROCESSES), CONTEXT.Queue()
    processes = [CONTEXT.Process(target=work, args=(document, ready, results)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    outcomes = [outcome for _ in processes for outcome in results.get()]
    for process in processes:
        process.join()
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
