"""The console's list of 1,000 connections on a real API server of Airflow, beside Airflow's own list.

    python benchmarks/console.py

Half of the connections have the type of their method, half the type of all methods; each has a verdict. The
figures are medians in milliseconds, as a client on this machine sees them, and the ratio to Airflow's REST
list of 100 of the same connections, which is what Airflow's own page shows at most.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.airflow_site import SESSION_COOKIE, Options, Site, prepared, running
from watchword.findings.codes import finding
from watchword.findings.report import Report
from watchword.stores import open_store
from watchword.validation import history
from watchword.validation.verdict_entry import Where

CONNECTIONS, REQUESTS = 1000, 31


def connection(number: int) -> dict[str, object]:
    """Return a connection as Airflow's REST API takes it."""
    extra = {"schema_version": 1, "method": "api_key", "api_key": f"made-up-key-{number}"}
    return {
        "connection_id": f"api_{number:04}",
        "conn_type": "watchword_api_key" if number % 2 else "watchword",
        "host": f"https://api{number}.example.com",
        "extra": json.dumps(extra),
    }


def fill(site: Site) -> None:
    """Store the connections, and a verdict on each."""
    actions = [{"action": "create", "entities": [connection(number) for number in range(CONNECTIONS)]}]
    with site.session("admin") as api:
        url = f"{site.url}/api/v2/connections"
        api.patch(url, json={"actions": actions}, timeout=300).raise_for_status()
    proven = finding("authenticated", "")
    store = open_store(f"sqlite:///{site.home / 'watchword' / 'tokens.db'}")
    for number in range(CONNECTIONS):
        history.note(lambda: store, f"api_{number:04}", Report(proven, (proven,)), Where("sensor"))


def median(session: requests.Session, url: str, shown: str) -> float:
    """Return the median time of a GET, in milliseconds; the answer must hold a text."""
    times = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        answer = session.get(url, timeout=60)
        times.append(1000 * (time.perf_counter() - began))
        assert shown in answer.text
    return statistics.median(times[1:])


def main() -> None:
    """Print the figures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        prepared(Path(folder)) as home,
        running(home, Options()) as site,
        site.session("admin") as api,
        requests.Session() as browser,
    ):
        fill(site)
        browser.cookies.set(SESSION_COOKIE, site.token("admin"))
        console = median(browser, f"{site.url}/watchword/", "api_0999")
        own = median(api, f"{site.url}/api/v2/connections?limit=100", "api_0099")
    print(f"Airflow's list of 100:          {own:.0f} ms")
    print(f"the console's list of {CONNECTIONS:,}:   {console:.0f} ms, {console / own:.2f} times as long")


if __name__ == "__main__":
    main()
