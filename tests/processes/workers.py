"""A program of processes with threads, all of which call an API at the same moment after each expiry.

It reads a plan as JSON from standard input, and writes the statuses and errors of each round.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import requests

import watchword
from watchword.errors import WatchwordError

CONTEXT = multiprocessing.get_context("fork")


def expire(connection: watchword.Connection) -> None:
    """Let the token expire: in the store, and at the API by its controls."""
    stored = connection.credential.token_cache._provider.stored
    stored.change(lambda record, now: replace(record, obtained=now.after(-1e7)))
    root = connection.base_url.rpartition("/")[0]
    requests.post(f"{root}/_control/expire_tokens", timeout=60).raise_for_status()


def work(plan: dict[str, Any], ready: Barrier, results: Queue) -> None:
    """Call the API from each thread in each round."""
    threads = plan["threads"]
    connection = watchword.load(plan["document"], plan["name"])
    with connection.session() as api, ThreadPoolExecutor(threads) as pool:
        together = threading.Barrier(threads)

        def call(_: int) -> str:
            together.wait()
            try:
                return str(api.get("/v1/me").status_code)
            except (WatchwordError, requests.RequestException) as error:
                return str(error)

        for _ in range(plan["rounds"]):
            connection.credential.token_cache.forget()  # without this, the process would still hold the token
            ready.wait()
            results.put(list(pool.map(call, range(threads))))
            ready.wait()


def wait_for_threads() -> None:
    """Wait until the system has ended the threads of the first request.

    OpenSSL tidies up in a thread that ends, behind a lock: a process that is forked then could never sign.
    """
    tasks = Path("/proc/self/task")
    while tasks.exists() and len(list(tasks.iterdir())) > 1:
        time.sleep(0.01)


def main() -> None:
    plan = json.load(sys.stdin)
    ready, results = CONTEXT.Barrier(plan["processes"] + 1), CONTEXT.Queue()
    connection = watchword.load(plan["document"], plan["name"])
    connection.credential.token_cache.get()
    wait_for_threads()
    processes = [CONTEXT.Process(target=work, args=(plan, ready, results)) for _ in range(plan["processes"])]
    for process in processes:
        process.start()
    rounds = []
    for _ in range(plan["rounds"]):
        expire(connection)
        ready.wait()
        outcomes = Counter(outcome for _ in processes for outcome in results.get())
        ready.wait()
        rounds.append(outcomes)
    for process in processes:
        process.join()
    json.dump(rounds, sys.stdout)


if __name__ == "__main__":
    main()
