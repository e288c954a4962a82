"""Endpoints whose answer doesn't depend on the credential: public, echoing, random, or none at all."""

import random
import time
import uuid

from tests.traps.answers import (
    NO_KEY,
    ROWS,
    USER,
    Answer,
    Asked,
    data,
    empty,
    in_turn,
    moved,
    page,
    raw,
    text,
    xml,
)
from tests.traps.trap import irrelevant

APP = '<div id="root"></div><script type="module" src="/assets/index-4f3a.js"></script>'


def echo(asked: Asked) -> Answer:
    """Answer with what was sent, like httpbin."""
    return data({"headers": dict(asked.headers), "url": asked.target, "method": asked.verb})


def echo_of_value(asked: Asked) -> Answer:
    """Answer with the credential that was sent, which is a field more than without one."""
    return data({"authenticated": True, "token": asked.value} if asked.value else {"authenticated": False})


def echo_in_text(asked: Asked) -> Answer:
    return text(f"Hello {asked.value}!")


def echo_needs_any(asked: Asked) -> Answer:
    """Answer 401 to no credential, as httpbin's /bearer does, and 200 to any."""
    return data({"authenticated": True, "token": asked.value}) if asked.value else NO_KEY


def echo_length(asked: Asked) -> Answer:
    return data({"received": len(asked.value), "ok": True})


def feed(asked: Asked) -> Answer:
    """Answer with rows whose number and optional fields change from call to call."""
    rows = [
        {"id": number, **({"note": "x"} if random.random() < 0.5 else {})}  # noqa: S311 - rows of a feed
        for number in range(random.randint(1, 9))  # noqa: S311
    ]
    return data({"rows": rows, "at": time.time()})


def feed_of_kinds(asked: Asked) -> Answer:
    """Answer with events of different structure, in another order each time."""
    events = [
        {"type": "push", "commits": 3},
        {"type": "star", "user": "ada"},
        {"type": "fork", "to": {"id": 1}},
    ]
    return data(random.sample(events, random.randint(1, 3)))  # noqa: S311


def sometimes_empty(asked: Asked) -> Answer:
    return data({"events": [] if random.random() < 0.5 else [{"id": 1, "kind": "x"}]})  # noqa: S311


def sometimes_null(asked: Asked) -> Answer:
    return data({"id": 1, "owner": None if random.random() < 0.5 else {"name": "ada"}})  # noqa: S311


def random_keys(asked: Asked) -> Answer:
    """Answer with names of fields that are identifiers."""
    return data({"by_id": {uuid.uuid4().hex: {"price": 1} for _ in range(3)}})


def random_text(asked: Asked) -> Answer:
    return text(f"request {uuid.uuid4()} served at {time.time()}\n")


def random_page(asked: Asked) -> Answer:
    return page(f"<p>Hello</p><input type=hidden name=csrf value={uuid.uuid4().hex}>")


def app_with_nonce(asked: Asked) -> Answer:
    """Answer with an app whose script has another name each time."""
    return page(APP.replace("4f3a", uuid.uuid4().hex[:4]))


def rotating_notice(asked: Asked) -> Answer:
    notice = {"deprecation": "2027-01-01"} if random.random() < 0.5 else {}  # noqa: S311
    return data({"version": "3.1", **notice})


def numbers_of_two_types(asked: Asked) -> Answer:
    return data({"price": random.choice([1, 1.5, "1.5"]), "currency": "EUR"})  # noqa: S311


TRAPS = [
    irrelevant("public_rows", ROWS),
    irrelevant("public_user_shaped", USER, form="bearer"),
    irrelevant("public_text", text("pong")),
    irrelevant("public_csv", text("id,total\n1,9\n", mime="text/csv"), form="query"),
    irrelevant("public_xml", xml("<rates><rate c='USD'>1.1</rate></rates>"), form="basic"),
    irrelevant("public_bytes", raw(bytes(range(256)), "application/octet-stream")),
    irrelevant("health_check", data({"status": "UP"}), form="bearer"),
    irrelevant("swagger_document", data({"openapi": "3.0.0", "paths": {}}), form="basic"),
    irrelevant("any_key_is_enough", ROWS, ROWS, NO_KEY),
    irrelevant("any_bearer_is_enough", USER, USER, NO_KEY, form="bearer"),
    irrelevant("any_login_is_enough", USER, USER, NO_KEY, form="basic"),
    irrelevant("any_pair_is_enough", ROWS, ROWS, NO_KEY, form="custom"),
    irrelevant("any_jwt_is_enough", USER, USER, NO_KEY, form="jwt"),
    irrelevant(
        "any_aws_signature_is_enough",
        ROWS,
        ROWS,
        data({"message": "Missing Authentication Token"}, 403),
        form="aws",
    ),
    irrelevant("any_cookie_is_enough", USER, USER, moved("https://login.acme.test/signin"), form="cookie"),
    irrelevant("any_query_key_is_enough", ROWS, ROWS, data({"error": "apikey missing"}, 400), form="query"),
    irrelevant("any_key_page", page("<h1>Dashboard</h1>"), none=NO_KEY, form="basic"),
    irrelevant("any_key_no_content", empty(), empty(), NO_KEY),
    irrelevant("no_content_for_all", empty()),
    irrelevant("accepted_for_all", data({"queued": True}, 202)),
    irrelevant("spa_for_any_path", page(APP), form="bearer"),
    irrelevant("spa_with_nonce", app_with_nonce, form="bearer"),
    irrelevant("dashboard_for_any_path", page("<nav>Home</nav><h1>Acme</h1>"), form="basic"),
    irrelevant("catch_all_404", data({"message": "Not Found"}, 404)),
    irrelevant("catch_all_404_page", page("<h1>404</h1>", 404), form="bearer"),
    irrelevant("catch_all_redirect", moved("https://www.acme.test/"), form="bearer"),
    irrelevant("catch_all_405", empty(405, (("Allow", "POST"),))),
    irrelevant("teapot", text("I'm a teapot", 418)),
    irrelevant("not_modified", empty(304)),
    irrelevant("echo_everything", echo),
    irrelevant("echo_everything_bearer", echo, form="bearer"),
    irrelevant("echo_query", echo, form="query"),
    irrelevant("echo_basic", echo, form="basic"),
    irrelevant("echo_jwt", echo, form="jwt"),
    irrelevant("echo_of_value", echo_of_value, form="bearer"),
    irrelevant("echo_in_text", echo_in_text),
    irrelevant("echo_needs_any", echo_needs_any, form="bearer"),
    irrelevant("echo_length", echo_length),
    irrelevant("feed_of_rows", feed),
    irrelevant("feed_any_key", feed, feed, NO_KEY),
    irrelevant("feed_of_kinds", feed_of_kinds, form="bearer"),
    irrelevant("feed_of_kinds_any_key", feed_of_kinds, feed_of_kinds, NO_KEY, form="bearer"),
    irrelevant("sometimes_empty", sometimes_empty),
    irrelevant("sometimes_empty_any_key", sometimes_empty, sometimes_empty, NO_KEY),
    irrelevant("sometimes_null_any_key", sometimes_null, sometimes_null, NO_KEY),
    irrelevant("random_keys", random_keys),
    irrelevant("random_keys_any_key", random_keys, random_keys, NO_KEY),
    irrelevant("random_text", random_text),
    irrelevant("random_text_any_key", random_text, random_text, NO_KEY),
    irrelevant("random_page", random_page, form="cookie"),
    irrelevant("rotating_notice_any_key", rotating_notice, rotating_notice, NO_KEY),
    irrelevant("numbers_of_two_types_any_key", numbers_of_two_types, numbers_of_two_types, NO_KEY),
    irrelevant("cached_answer_of_another", data({"id": 1}), form="bearer"),
    irrelevant(
        "cache_warms_up",
        in_turn(data({"cache": "MISS", "id": 1}), data({"cache": "HIT", "id": 1})),
        none=NO_KEY,
    ),
    irrelevant("real_call_longer_history", in_turn(data({"items": [], "welcome": True}), ROWS), ROWS, NO_KEY),
]
