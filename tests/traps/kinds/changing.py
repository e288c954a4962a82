"""Good credentials at APIs whose answers change from call to call; a wrong key is refused nevertheless."""

import random
import time
import uuid

from tests.traps.answers import NO_KEY, REFUSED, USER, Answer, Asked, data, in_turn, moved, page, text
from tests.traps.kinds.ignoring import (
    feed,
    feed_of_kinds,
    numbers_of_two_types,
    random_keys,
    random_text,
    rotating_notice,
    sometimes_empty,
    sometimes_null,
)
from tests.traps.trap import good


def refusal_with_id(asked: Asked) -> Answer:
    """Refuse with status 200 and an identifier that changes."""
    return data({"ok": False, "error": "invalid_auth", "request_id": uuid.uuid4().hex})


def refusal_of_two_kinds(asked: Asked) -> Answer:
    """Refuse by one of two gateways."""
    return random.choice([REFUSED, data({"message": "Forbidden", "zone": "b"}, 403)])  # noqa: S311


def redirect_with_state(asked: Asked) -> Answer:
    return moved(f"https://id.acme.test/oauth2/authorize?state={uuid.uuid4().hex}")


def page_with_token(asked: Asked) -> Answer:
    return page(f'<form><input type="password"><input name=csrf value="{uuid.uuid4().hex}"></form>')


def time_of_server(asked: Asked) -> Answer:
    return data({"now": time.time(), "zone": "UTC"})


TRAPS = [
    good("changing_rows", feed, REFUSED, NO_KEY),
    good("changing_kinds", feed_of_kinds, REFUSED, NO_KEY, form="bearer"),
    good("changing_emptiness", sometimes_empty, REFUSED, NO_KEY),
    good("changing_nulls", sometimes_null, REFUSED, NO_KEY),
    good("changing_keys", random_keys, REFUSED, NO_KEY),
    good("changing_text", random_text, REFUSED, NO_KEY),
    good("changing_notice", rotating_notice, REFUSED, NO_KEY),
    good("changing_types", numbers_of_two_types, REFUSED, NO_KEY),
    good("changing_time", time_of_server, REFUSED, NO_KEY),
    good("feed_against_200_refusal", feed, refusal_with_id, refusal_with_id, form="bearer"),
    good("user_against_200_refusal", USER, refusal_with_id, refusal_with_id, form="bearer"),
    good("user_against_two_refusals", USER, refusal_of_two_kinds, NO_KEY),
    good("user_against_redirects", USER, redirect_with_state, form="bearer"),
    good("user_against_login_pages", USER, page_with_token, form="cookie"),
    good(
        "first_answer_is_longer", in_turn(data({"id": 1, "welcome": "x"}), data({"id": 1})), REFUSED, NO_KEY
    ),
    good(
        "text_against_text",
        text("credits: 12"),
        text("no such user"),
        text("user missing"),
        form="query",
        undecidable="two short texts differ in words alone",
    ),
    good(
        "rows_against_error_row",
        text("id,total\n1,9\n2,4\n", mime="text/csv"),
        text("error\nInvalid key\n", mime="text/csv"),
        form="query",
    ),
]
