"""No object that holds a secret is pickled: a pickle is written to files, databases and other processes."""

from __future__ import annotations

import ast
import dataclasses
import gc
import importlib
import pickle  # noqa: TID251 - to see it refused
import pkgutil

import pytest

import watchword
from watchword.http.placement import Placement, Slot
from watchword.http.transport_options import TransportOptions
from watchword.redact import NeverPickled

SECRET = "s3cret-that-must-not-be-pickled"


def modules():
    for found in pkgutil.walk_packages(watchword.__path__, "watchword."):
        if "__main__" not in found.name and "playground" not in found.name:  # its credentials are public
            yield importlib.import_module(found.name)


def _is_own_class(item):
    return isinstance(item, type) and item.__module__.startswith("watchword.")


def test_each_class_with_a_hidden_field_refuses_to_be_pickled():
    """A field that a repr hides holds a secret, so no object with one is pickled."""
    items = [item for module in modules() for item in vars(module).values() if _is_own_class(item)]
    hidden = {
        item
        for item in items
        if dataclasses.is_dataclass(item) and any(not field.repr for field in dataclasses.fields(item))
    }
    assert {Placement, TransportOptions} <= hidden
    assert sorted(item.__qualname__ for item in hidden if not issubclass(item, NeverPickled)) == []


DOCUMENTS = {
    "api_key": {"method": "api_key", "api_key": SECRET},
    "basic": {"method": "basic", "username": "u", "password": SECRET},
    "digest": {"method": "digest", "username": "u", "password": SECRET},
    "custom": {
        "method": "none", "secret_parameters": {"query:k": SECRET}, "proxy": f"http://u:{SECRET}@h.test",
    },
    "oauth1": {"method": "oauth1", "consumer_key": "c", "consumer_secret": SECRET},
    "aws_sigv4": {"method": "aws_sigv4", "access_key": "A",
        "secret_key": SECRET, "region": "r", "service": "s"},
    "hmac_signature": {"method": "hmac_signature", "hmac_secret": SECRET, "string_to_sign": "{{url}}",
        "signature_parameters": {"query:sig": "{{signature}}"}},
    "jwt_bearer": {"method": "jwt_bearer", "jwt_secret": SECRET},
    "session_login": {
        "method": "session_login", "login_url": "http://127.0.0.1:1/l", "username": "u", "password": SECRET,
        "response_cookie": "sid", "logout_url": "http://127.0.0.1:1/o",
    },
    "oauth2_client_credentials": {
        "method": "oauth2_client_credentials", "token_url": "http://127.0.0.1:1/t", "client_id": "c",
        "client_secret": SECRET,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_that_a_connection_consists_of_gives_its_secret_to_a_pickle(name):
    """Each object that can be reached from a connection and its clients refuses, or is harmless."""
    made = watchword.load({"base_url": "http://127.0.0.1:1", **DOCUMENTS[name]}, name="acme")
    made.lint()
    clients = [made.session(), made.auth(), made.httpx_client(), made.aiohttp_middleware(), made.dlt_auth()]
    reached, pending = {}, [made, made.authenticator(), *clients]
    while pending:
        item = pending.pop()
        if id(item) in reached or isinstance(item, (type, type(ast))):
            continue
        reached[id(item)] = item
        if type(item).__module__.split(".")[0] in {"watchword", "builtins", "_thread", "functools"}:
            pending += (
                gc.get_referents(item) if not callable(item) or type(item).__name__ == "partial" else []
            )
            pending += list(getattr(item, "__dict__", {}).values())
    own = [item for item in reached.values() if type(item).__module__.startswith("watchword.")]
    assert len(own) > 10
    leaking = [type(item).__name__ for item in own if SECRET.encode() in pickled(item)]
    assert leaking == []
    clients[2].close()


def pickled(item):
    try:
        return pickle.dumps(item)
    except Exception:  # noqa: BLE001 - any refusal will do
        return b""


@pytest.mark.parametrize("item", [Placement(Slot("header", "X"), SECRET), TransportOptions(proxy=SECRET)])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_the_refusal_says_what_to_do(item, protocol):
    """The error names the object and the way out, and holds no secret."""
    with pytest.raises(TypeError, match="is never pickled: load the document there") as error:
        pickle.dumps(item, protocol)
    assert SECRET not in str(error.value)
