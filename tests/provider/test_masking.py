"""Airflow's masker learns every secret by its value."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable, Iterator

import pytest
from airflow.sdk._shared.secrets_masker import redact, reset_secrets_masker
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import MaskSecret

from airflow_provider_watchword import ApiHook, masking
from airflow_provider_watchword.api_call import Call
from airflow_provider_watchword.triggers import ApiTrigger
from watchword_playground import CREDENTIALS, Playground

Connect = Callable[..., str]


@pytest.fixture(autouse=True)
def _fresh_masker() -> Iterator[None]:
    reset_secrets_masker()
    yield
    reset_secrets_masker()


def test_derived_forms_are_masked(connect: Connect) -> None:
    """The header that is made of a password is masked; Airflow alone would mask only the password."""
    password = "masked-by-value-93ab"
    ApiHook(connect("basic", password=password)).get_conn()
    pair = base64.b64encode(f"playground:{password}".encode()).decode()
    assert redact(f"Authorization: Basic {pair}") == "Authorization: ***"


def test_references_are_masked(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret behind a reference is masked, although the connection doesn't hold it."""
    monkeypatch.setenv("WATCHWORD_SECRET_ACME", "behind-a-reference-4d7a")
    ApiHook(connect(bearer_token="env:WATCHWORD_SECRET_ACME")).get_conn()
    assert redact("it is behind-a-reference-4d7a") == "it is ***"


def test_nested_secrets_are_masked(connect: Connect) -> None:
    """Secrets in stacked parameters are masked, whatever their names."""
    ApiHook(connect("custom", secret_parameters={"header:X-Id": "nested-value-51c2"})).get_conn()
    assert redact("it is nested-value-51c2") == "it is ***"


def test_tokens_are_masked(connect: Connect) -> None:
    """A token is masked as soon as it is issued."""
    hook = ApiHook(connect("oauth2_client_credentials"))
    hook.run("/v1/me")
    token = hook.connection.renew_token().token.access_token
    assert redact(f"it is {token}") == "it is ***"


def test_a_forked_child_tells_its_own_masker(connect: Connect) -> None:
    """A forked child tells its masker all known secrets again, because Airflow empties it before the fork."""
    conn_id = connect()
    ApiHook(conn_id).get_conn()
    secret = CREDENTIALS["bearer"]["bearer_token"]
    reset_secrets_masker()
    child = os.fork()
    if child == 0:
        ApiHook(conn_id).get_conn()
        os._exit(0 if redact(f"it is Bearer {secret}") == "it is ***" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class TriggerCommsDecoder:
    """What a trigger sends to its triggerer's supervisor, which answers when the loop comes to it."""

    def __init__(self) -> None:
        self.masked: list[str] = []

    async def asend(self, message: MaskSecret) -> None:
        await asyncio.sleep(0)
        self.masked.append(str(message.value))


def test_a_trigger_tells_its_supervisor_before_it_goes_on(
    connect: Connect, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The supervisor writes a trigger's log, and knows each secret and token before the trigger ends.

    No thread waits for its answer: a thread that did could stop the event loop for good.
    """
    monkeypatch.setattr(masking, "_triggerer", None)
    comms = TriggerCommsDecoder()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", comms, raising=False)
    connect("oauth2_client_credentials")
    call = {"method": "GET", "endpoint": "/v1/me", "data": None, "headers": {}, "extra_options": {}}
    trigger = ApiTrigger(http_conn_id="acme", call=Call(**call, request_kwargs={}))

    async def known_when_it_ended() -> list[str]:
        assert "response" in (await anext(trigger.run())).payload
        return list(comms.masked)

    known = asyncio.run(known_when_it_ended())
    assert CREDENTIALS["oauth2_client_credentials"]["client_secret"] in known
    monkeypatch.setattr(masking, "_triggerer", None)
    token = ApiHook("acme").connection.credential.token_cache.get(None).access_token
    assert token in known
