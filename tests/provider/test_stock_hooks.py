"""Airflow's own HTTP hooks, used with a watchword connection by mistake, send and show nothing."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.http.hooks.http import HttpAsyncHook, HttpHook
from airflow.providers.http.sensors.http import HttpSensor
from requests.exceptions import InvalidHeader

from airflow_provider_watchword.forms import complete
from watchword_playground import CREDENTIALS, Playground

Connect = Callable[..., str]
METHODS = [method for method in CREDENTIALS if method != "none"]


def untouched() -> dict[str, Any]:
    """Return the values that the form saves for untouched fields."""
    return {name: None for name in complete.conn_fields() if name not in {"schema_version", "method"}}


def secrets(method: str) -> list[str]:
    fields = dict(CREDENTIALS[method])
    nested = fields.pop("secret_parameters", {})
    named = [str(fields[name]) for name in ("api_key", "bearer_token", "client_secret") if name in fields]
    return [*named, *nested.values(), "canary-2c9d"]


@pytest.mark.filterwarnings(
    "ignore:(BasicAuth is|The 'auth' parameter is) deprecated:DeprecationWarning"
)  # Airflow's use of aiohttp
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize("use", ["hook", "sensor", "trigger"])
def test_stock_hooks_fail_before_they_send(
    connect: Connect, playground: Playground, method: str, use: str, *, everything: bool
) -> None:
    """The first header is a number: requests refuses it by its name, aiohttp by its type."""
    stacked = {"header:X-More": "canary-2c9d", **CREDENTIALS[method].get("secret_parameters", {})}
    fields = {
        **(untouched() if everything else {}),
        **CREDENTIALS[method],
        "secret_parameters": stacked,
        # aiohttp reaches its proxy, which may know that password, before it looks at headers.
        "proxy": None if use == "trigger" else "http://ann:canary-2c9d@127.0.0.1:9",
        "client_private_key": "-----BEGIN PRIVATE KEY-----\ncanary-2c9d\n-----END PRIVATE KEY-----\n",
    }
    if method == "oauth2_client_credentials":
        fields["token_url"] = f"{playground.url}/oauth/token"
    fields.pop("method")
    conn_id = connect(method, **fields)
    hook = HttpHook(method="GET", http_conn_id=conn_id)
    sensor = HttpSensor(task_id="stock", http_conn_id=conn_id, endpoint="/v1/me")
    trigger = HttpAsyncHook(method="GET", http_conn_id=conn_id)
    calls = {
        "hook": lambda: hook.run("/v1/me"),
        "sensor": lambda: sensor.poke({}),
        "trigger": lambda: asyncio.run(trigger.run(endpoint="/v1/me")),
    }
    with pytest.raises((InvalidHeader, TypeError)) as caught:
        calls[use]()
    shown = "".join(traceback.format_exception(caught.value))
    assert [secret for secret in secrets(method) if secret in shown] == []
    assert playground.counts() == {}
