"""What Airflow's own HTTP classes say about a watchword connection stands in the docs, word for word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.providers.http.hooks.http import HttpAsyncHook, HttpHook
from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor
from airflow.sdk.exceptions import AirflowException
from requests.auth import HTTPBasicAuth
from requests.exceptions import InvalidHeader

from airflow_provider_watchword import ApiHook, CredentialSensor
from tests.support import deferral
from watchword_playground import Playground

Connect = Callable[..., str]
PAGE = Path(__file__).parents[2] / "docs" / "airflow.md"
CALL = {"task_id": "call", "http_conn_id": "acme", "endpoint": "/v1/me", "method": "GET"}

MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "HttpHook": (
        lambda: HttpHook("GET", "acme").run("/v1/me"),
        "Header part (1) from ('schema_version', 1) must be of type str or bytes, not <class 'int'>",
    ),
    "HttpSensor": (
        lambda: HttpSensor(**CALL).execute({}),
        "Header part (1) from ('schema_version', 1) must be of type str or bytes, not <class 'int'>",
    ),
    "deferred HttpSensor": (
        lambda: deferral.run(HttpSensor(**CALL, deferrable=True)),
        "Header part (1) from ('schema_version', 1) must be of type str or bytes, not <class 'int'>",
    ),
    "HttpAsyncHook": (
        lambda: asyncio.run(HttpAsyncHook("GET", "acme").run(endpoint="/v1/me")),
        "Cannot serialize non-str key 1",
    ),
    "deferred HttpOperator": (
        lambda: deferral.run(HttpOperator(**CALL, deferrable=True)),
        "Unexpected error in the operation: Cannot serialize non-str key 1",
    ),
    "HttpOperator with auth_type": (
        lambda: HttpOperator(**CALL, auth_type=HTTPBasicAuth).execute({}),
        (
            "auth_type does not apply to the connection 'acme': the connection's method authenticates. "
            "Leave auth_type out."
        ),
    ),
    "HttpOperator without http_conn_id": (
        lambda: HttpOperator(task_id="call", endpoint="/v1/me", method="GET").execute({}),
        "The conn_id `http_default` isn't defined",
    ),
}


@pytest.mark.filterwarnings(
    "ignore:(BasicAuth is|The 'auth' parameter is) deprecated:DeprecationWarning"
)  # Airflow's use of aiohttp
@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_words_of_a_mistake_are_in_the_docs(
    connect: Connect, playground: Playground, mistake: str
) -> None:
    """The message that a person searches for stands in the docs as it is, and nothing was sent."""
    connect("api_key")
    use, words = MISTAKES[mistake]
    with pytest.raises((InvalidHeader, TypeError, ValueError, AirflowException)) as caught:
        use()
    assert str(caught.value) == words
    assert words in PAGE.read_text(encoding="utf-8")
    assert playground.counts() == {}


@pytest.mark.parametrize(
    ("conn_type", "advice"),
    [
        ("http", "watchword connections import acme --from FILE.json"),
        ("slack", "Choose one whose type begins with HTTP API"),
        ("Key-9f3a", "Choose one whose type begins with HTTP API"),
    ],
)
def test_a_connection_of_another_type_is_named(
    monkeypatch: pytest.MonkeyPatch, conn_type: str, advice: str
) -> None:
    """Sensor, hook and Test button name the type and what to do; an odd type may be a secret."""
    monkeypatch.setenv("AIRFLOW_CONN_ACME", f'{{"conn_type": "{conn_type}", "host": "api.example.com"}}')
    texts = [ApiHook("acme").test_connection()[1]]
    uses: list[Callable[[], object]] = [
        lambda: CredentialSensor(task_id="gate", http_conn_id="acme").poke({}),
        lambda: deferral.run(CredentialSensor(task_id="gate", http_conn_id="acme", deferrable=True)),
        lambda: ApiHook("acme").run("/v1/me"),
    ]
    for use in uses:
        with pytest.raises(Exception, match="other_connection_type") as caught:
            use()
        texts.append(str(caught.value))
    shown = f"of type {conn_type}" if conn_type.islower() else "of an unusual type"
    assert [text for text in texts if shown not in text or advice not in text] == []
