"""Each connection has one adapter per process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme
from airflow.providers.http.operators.http import HttpOperator
from requests import Response

from airflow_provider_watchword import ApiHook, adapter_cache
from watchword_playground import CREDENTIALS, Playground

Connect = Callable[..., str]


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    adapter_cache._adapters.clear()
    yield
    adapter_cache._adapters.clear()


def document(number: int = 0, secret: str = "canary-7b1e") -> dict[str, object]:
    return {"method": "bearer", "base_url": f"https://{number}.example.com", "bearer_token": secret}


def test_hooks_share_one_network_connection(connect: Connect, playground: Playground) -> None:
    """Twenty hooks, each with its own session, use one network connection."""
    for _ in range(20):
        with ApiHook(connect()).get_conn() as api:
            assert api.get("/v1/me").status_code == 200
    assert playground.connections == 1


def test_threads_share_the_adapter(connect: Connect, playground: Playground) -> None:
    """Threads that make their first requests at the same time use one adapter."""
    conn_id = connect()

    def adapter_id(_: int) -> int:
        with ApiHook(conn_id).get_conn() as api:
            assert api.get("/v1/me").status_code == 200
            return id(api.get_adapter(playground.url))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(adapter_id, range(40)))) == 1


def test_the_stock_operator_reads_a_thousand_pages_over_one_tls_connection(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Airflow's HttpOperator makes a hook and a session for each page, and all use one adapter."""
    authority = trustme.CA()
    pem, ca = tmp_path / "server.pem", tmp_path / "ca.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(pem)
    authority.cert_pem.write_to_path(ca)
    with Playground(ssl_certfile=str(pem), ssl_keyfile=str(pem)) as playground:
        extra = {"schema_version": 1, **CREDENTIALS["bearer"], "ca_bundle": str(ca)}
        connection = {"conn_type": "watchword", "host": f"{playground.url}/bearer", "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_ACME", json.dumps(connection))
        extract = HttpOperator(
            task_id="extract",
            http_conn_id="acme",
            method="GET",
            endpoint="/v1/airports?per_page=3",
            pagination_function=_next_page,
            response_filter=lambda pages: [len(pages), sum(len(page.json()["items"]) for page in pages)],
            deferrable=False,
        )
        pages, rows = extract.execute({})
        assert (pages, rows) == (1126, 3376)
        assert playground.connections == 1


def _next_page(response: Response) -> dict[str, str] | None:
    url = response.json()["next"]
    return {"endpoint": url} if url else None


def test_an_edited_connection_gets_its_own_adapter() -> None:
    """Another content, name or socket option gives another adapter."""
    first = adapter_cache.cached_adapter(document(), "acme", ())
    assert adapter_cache.cached_adapter(document(), "acme", ()) is first
    others = [
        adapter_cache.cached_adapter(document(secret="canary-other"), "acme", ()),
        adapter_cache.cached_adapter(document(), "other", ()),
        adapter_cache.cached_adapter(document(), "acme", [(1, 9, 1)]),
    ]
    assert len({id(one.adapter) for one in (first, *others)}) == 4


def test_the_table_holds_no_secret_in_its_keys() -> None:
    """The keys are hashes of the content."""
    adapter_cache.cached_adapter(document(), "acme", ())
    assert "canary" not in repr(adapter_cache._adapters)


def test_the_table_is_bounded() -> None:
    """The adapter whose last use is longest ago is dropped first."""
    first = adapter_cache.cached_adapter(document(0), "acme", ())
    second = adapter_cache.cached_adapter(document(1), "acme", ())
    for number in range(2, adapter_cache.MOST_ADAPTERS + 1):
        adapter_cache.cached_adapter(document(0), "acme", ())
        adapter_cache.cached_adapter(document(number), "acme", ())
    assert len(adapter_cache._adapters) == adapter_cache.MOST_ADAPTERS
    assert adapter_cache.cached_adapter(document(0), "acme", ()) is first
    assert adapter_cache.cached_adapter(document(1), "acme", ()) is not second


def test_a_forked_child_opens_its_own_connections(connect: Connect, playground: Playground) -> None:
    """A forked child has an empty cache and an open lock, so it never writes into its parent's socket."""
    hook = ApiHook(connect())
    assert hook.run("/v1/me").status_code == 200
    with adapter_cache._lock:
        child = os.fork()
        if child == 0:
            os._exit(0 if not adapter_cache._adapters and not adapter_cache._lock.locked() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert hook.run("/v1/me").status_code == 200
    assert playground.connections == 1
