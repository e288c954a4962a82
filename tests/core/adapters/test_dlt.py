"""`conn.dlt_auth()` in dlt's own REST API source: pages, copies, traces and dlt's retries."""

from __future__ import annotations

import copy
import gc
import logging
import traceback
import warnings

import dlt
import pytest
import requests
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.rest_api import rest_api_source

import watchword

# dlt's sockets may be collected before the fixture below does it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ODD_KEY = {"method": "api_key", "api_key": "s3cret/odd", "add_to": "query", "key_name": "sid"}
"""A key under a name that dlt doesn't treat as secret."""


@pytest.fixture(autouse=True)
def _sessions_closed():
    """Collect dlt's sessions, which are never closed, before their sockets warn in another test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(autouse=True)
def _at_home(tmp_path, monkeypatch):
    """Keep dlt's files in a folder of the test, and dlt offline."""
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("DLT_PROJECT_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def pages(serve, reply):
    """Give an API that returns two pages of orders to requests with the key."""

    def answer(seen):
        if "sid=s3cret%2Fodd" not in seen.path:
            return reply(401)
        more = (
            {"orders": [{"id": 2}]} if "page=2" in seen.path else {"orders": [{"id": 1}], "next": next_page()}
        )
        return reply(body=more)

    def next_page():
        return f"{server.url}/orders?page=2"

    server = serve(answer)
    return server


def source(connection, **client):
    return rest_api_source(
        {
            "client": {
                "base_url": connection.base_url,
                "auth": connection.dlt_auth(),
                "paginator": {"type": "json_link", "next_url_path": "next"},
                **client,
            },
            "resources": [{"name": "orders", "endpoint": {"path": "orders", "data_selector": "orders"}}],
        }
    )


def test_a_pipeline_loads_all_pages_and_its_traces_hold_no_secret(pages, tmp_path, caplog, monkeypatch):
    """A real pipeline follows the pages, and nothing that dlt stores, logs or prints shows the key."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("dlt").addHandler(caplog.handler)
    monkeypatch.setenv("CREDENTIALS", "dlt would look here for an auth that is not complete")
    connection = watchword.load({"base_url": pages.url, **ODD_KEY})
    pipeline = dlt.pipeline(
        "orders", pipelines_dir=str(tmp_path / "pipelines"),
        destination=dlt.destinations.filesystem(str(tmp_path / "loaded")), dataset_name="acme",
    )  # fmt: skip
    pipeline.run(source(connection))
    logging.getLogger("dlt").removeHandler(caplog.handler)
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    output = f"{pipeline.last_trace.asdict()} {source(connection)} {caplog.text}"
    assert pipeline.last_trace.last_normalize_info.row_counts["orders"] == 2
    assert [seen.path.partition("sid")[0] for seen in pages.seen] == ["/orders?", "/orders?page=2&"]
    assert b"s3cret" not in files
    assert "s3cret" not in output


def test_a_refusal_shows_no_secret(serve, reply):
    """The error of a 404 names the URL without the key, also in dlt's message."""
    server = serve(reply(404))
    with pytest.raises(Exception, match="404") as error:
        list(source(watchword.load({"base_url": server.url, **ODD_KEY})))
    assert "s3cret" in server.seen[0].path
    assert "s3cret" not in "".join(traceback.format_exception(error.value))


def test_a_copy_is_the_same_and_prints_no_secret():
    """A copy of the auth is the same object, and its text names only the connection."""
    auth = watchword.load({"base_url": "https://api.test", **ODD_KEY}).dlt_auth()
    assert copy.deepcopy(auth) is copy.copy(auth) is auth.copy() is auth
    assert "api.test" in repr(auth)
    assert "s3cret" not in f"{auth} {auth!r} {dict(auth)} {vars(auth)}"
    assert auth != watchword.load({"base_url": "https://api.test", **ODD_KEY}).dlt_auth()
    assert hash(auth) == hash(auth.copy())


def test_a_page_at_a_foreign_origin_gets_no_key(serve, reply):
    """A `next` link to a foreign origin is followed without the key."""
    foreign = serve(reply(body={"orders": []}))
    server = serve(
        reply(body={"orders": [{"id": 1}], "next": f"{foreign.url}/orders?page=2&echo=s3cret%2Fodd"})
    )
    list(source(watchword.load({"base_url": server.url, **ODD_KEY})))
    assert [seen.path for seen in foreign.seen] == ["/orders?page=2"]


@pytest.mark.parametrize("fault", [429, 503])
def test_dlt_s_own_retries_are_signed_anew(serve, reply, fault):
    """After a fault dlt sends the same prepared request again, with the token that is current then."""
    tokens, faults = iter(("s3cret-1", "s3cret-2", "s3cret-3")), iter([401, fault, 200])
    server = serve(
        lambda seen: (
            reply(body={"access_token": next(tokens), "expires_in": 3600})
            if seen.path == "/token"
            else reply(next(faults))
        )
    )
    connection = watchword.load({
        "base_url": server.url, "method": "oauth2_client_credentials", "token_url": f"{server.url}/token",
        "client_id": "c", "client_secret": "s3cret-client", "add_to": "query", "query_name": "t",
    })  # fmt: skip
    session = Client(raise_for_status=False, request_backoff_factor=0).session
    response = RESTClient(server.url, auth=connection.dlt_auth(), session=session).get("/a")
    assert response.status_code == 200
    sent = [seen.path for seen in server.seen if seen.path != "/token"]
    assert sent == ["/a?t=s3cret-1", "/a?t=s3cret-2", "/a?t=s3cret-2"]


def test_responses_of_a_plain_session_show_the_request_as_it_was_made(serve, reply):
    """An HTTPError of plain `requests` names the URL without the key."""
    server = serve(reply(500))
    with requests.Session() as session:
        auth = watchword.load({"base_url": server.url, **ODD_KEY}).auth()
        response = session.get(f"{server.url}/a?page=2", auth=auth)
    with pytest.raises(requests.HTTPError) as error:
        response.raise_for_status()
    assert server.seen[0].path == "/a?page=2&sid=s3cret%2Fodd"
    assert "s3cret" not in f"{error.value} {response.url} {vars(response.request)}"
