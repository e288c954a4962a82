"""The data behind every method, its paging, the index and the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from watchword_playground import CREDENTIALS, Playground


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests leave it unchanged."""
    with Playground() as running:
        yield running


def test_following_next_covers_every_airport_once(playground: Playground, session: requests.Session) -> None:
    """Following `next` visits 34 pages with all 3,376 airports, each once."""
    url: str | None = f"{playground.url}/none/v1/airports"
    seen: list[str] = []
    pages = 0
    while url is not None:
        page = session.get(url).json()
        pages += 1
        assert (page["page"], page["pages"], page["total"]) == (pages, 34, 3376)
        seen += [airport["iata"] for airport in page["items"]]
        url = page["next"]
    assert (pages, len(seen), len(set(seen))) == (34, 3376, 3376)


def test_numbers_are_numbers(playground: Playground, session: requests.Session) -> None:
    """Coordinates arrive as numbers and codes as text."""
    first = session.get(f"{playground.url}/none/v1/airports?per_page=1").json()["items"][0]
    assert first == {
        "iata": "00M",
        "name": "Thigpen",
        "city": "Bay Springs",
        "state": "MS",
        "country": "USA",
        "latitude": 31.95376472,
        "longitude": -89.23450472,
    }


@pytest.mark.parametrize(
    ("query", "items", "following"),
    [
        ("per_page=1000", 1000, "page=2&per_page=1000"),
        ("per_page=1000&page=4", 376, None),
        ("per_page=1000&page=5", 0, None),
        ("page=34", 76, None),
    ],
)
def test_edges_of_paging(
    query: str, items: int, following: str | None, playground: Playground, session: requests.Session
) -> None:
    """The last page is short, has no `next`, and a page beyond it is empty."""
    page = session.get(f"{playground.url}/none/v1/airports?{query}").json()
    expected = following and f"{playground.url}/none/v1/airports?{following}"
    assert (len(page["items"]), page["next"]) == (items, expected)


@pytest.mark.parametrize("query", ["per_page=0", "per_page=1001", "page=0", "page=-1", "page=two"])
def test_impossible_pages_are_refused(query: str, playground: Playground, session: requests.Session) -> None:
    """A page size or number out of range answers 422."""
    assert session.get(f"{playground.url}/none/v1/airports?{query}").status_code == 422


def test_next_never_repeats_the_key(playground: Playground, session: requests.Session) -> None:
    """A key in the query doesn't come back in the link to the next page."""
    key = CREDENTIALS["api_key"]["api_key"]
    response = session.get(f"{playground.url}/api_key/v1/airports", params={"api_key": key})
    assert response.json()["next"] == f"{playground.url}/api_key/v1/airports?page=2&per_page=100"
    assert key not in response.text


def test_index_tells_how_to_use_it(playground: Playground, session: requests.Session) -> None:
    """The index holds a working document for every method."""
    index = session.get(playground.url).json()
    assert set(index["methods"]) == set(CREDENTIALS)
    assert index["methods"]["bearer"]["base_url"] == f"{playground.url}/bearer"
    assert index["second_accounts"]["jwt_bearer"]["algorithm"] == "ES256"
    assert index["token_endpoint"] == f"{playground.url}/oauth/token"


def test_unknown_method_names_the_known_ones(playground: Playground, session: requests.Session) -> None:
    """An unknown method answers 404 with the list of the known methods."""
    response = session.get(f"{playground.url}/carrier_pigeon/v1/me")
    assert (response.status_code, response.json()["methods"]) == (404, list(CREDENTIALS))


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", ""])
def test_other_host_names_are_refused(host: str, playground: Playground, session: requests.Session) -> None:
    """A page that points its own host name at this machine is refused (DNS rebinding)."""
    assert session.get(f"{playground.url}/none/v1/me", headers={"Host": host}).status_code == 400


def test_no_other_origin_is_invited(
    playground: Playground, session: requests.Session, present: Callable[..., dict[str, Any]]
) -> None:
    """Responses carry no CORS header."""
    presented = present("bearer")
    presented["headers"]["Origin"] = "https://example.com"
    response = session.get(f"{playground.url}/bearer/v1/me", **presented)
    assert not [name for name in response.headers if name.lower().startswith("access-control-")]


def test_schema_lists_the_security_schemes(playground: Playground, session: requests.Session) -> None:
    """The OpenAPI document lists the security schemes, and pages load no scripts from other hosts."""
    schema = session.get(f"{playground.url}/openapi.json").json()
    assert {"api_key in a header", "bearer", "basic"} <= set(schema["components"]["securitySchemes"])
    assert session.get(f"{playground.url}/docs").status_code == 404
