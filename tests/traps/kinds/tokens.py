"""Token endpoints and logins that issue to anyone, or whose token is worthless by itself."""

from collections.abc import Mapping
from dataclasses import replace

import jwt

from tests.traps.answers import NO_KEY, REFUSED, ROWS, USER, Answer, data, empty, page, text
from tests.traps.forms import ISSUED
from tests.traps.trap import Trap, bad, good, irrelevant, limited, unknown

INVALID_CLIENT = data({"error": "invalid_client"}, 401)
ENDED = jwt.encode({"sub": "acme", "exp": 1_600_000_000}, "k" * 32, "HS256")


def issued(
    token: object = ISSUED, expires: object = 3600, beside: Mapping[str, object] | None = None
) -> Answer:
    """Return a token response, with more fields beside the token."""
    return data({"access_token": token, "token_type": "Bearer", "expires_in": expires, **(beside or {})})


def worthless(name: str, answer: Answer) -> Trap:
    """Return a trap whose token endpoint gives this answer to a bad client, and to any other."""
    return bad(name, USER, USER, NO_KEY, form="oauth2", token=(answer, answer), calls_api=False)


def anyone(name: str, answer: Answer, api: Answer = USER, *, calls_api: bool = False) -> Trap:
    """Return a trap whose token endpoint issues the same to anyone."""
    return irrelevant(name, api, REFUSED, NO_KEY, form="oauth2", token=(answer, answer), calls_api=calls_api)


def client(name: str, answer: Answer, other: Answer = INVALID_CLIENT, *, calls_api: bool = False) -> Trap:
    """Return a trap with a good client, while another one is refused."""
    return good(name, USER, REFUSED, NO_KEY, form="oauth2", token=(answer, other), calls_api=calls_api)


TRAPS = [
    client("client_good", issued()),
    client("client_good_with_call", issued(), calls_api=True),
    client("client_good_201", replace(issued(), status=201)),
    client("client_good_expiry_as_text", issued(expires="3600")),
    client("client_good_without_expiry", data({"access_token": ISSUED, "token_type": "bearer"})),
    client("client_good_with_error_null", issued(beside={"error": None, "success": True})),
    client("client_good_other_400", issued(), data({"error": "invalid_grant"}, 400)),
    client("client_good_other_200_error", issued(), data({"error": "invalid_client"})),
    replace(
        client("client_good_other_down", issued(), text("Internal Server Error", 500)),
        undecidable="the endpoint doesn't answer an unknown client",
    ),
    anyone("issues_to_anyone", issued()),
    anyone("issues_to_anyone_as_text", issued(expires="3600")),
    anyone("issues_to_anyone_for_public_api", issued(), calls_api=True),
    anyone("mock_server_token", issued("mock-token-123456", beside={"scope": "all"})),
    irrelevant("issued_token_ignored_by_api", USER, form="oauth2", token=(issued(), issued())),
    worthless("token_ended_jwt", issued(ENDED)),
    worthless("token_expires_zero", issued(expires=0)),
    worthless("token_expires_negative", issued(expires=-1)),
    worthless("token_null_word", issued("null")),
    worthless("token_undefined", issued("undefined")),
    worthless("token_none_word", issued("None")),
    worthless("token_empty", issued("")),
    worthless("token_null", issued(None)),
    worthless("token_false", issued(token=False)),
    worthless("token_is_error_name", issued("invalid_client")),
    worthless("token_is_error_sentence", issued("Error: invalid credentials")),
    worthless("token_beside_success_false", issued(beside={"success": False, "message": "unknown client"})),
    worthless("token_beside_error", issued(beside={"error": "invalid_client"})),
    worthless("token_status_202", replace(issued(), status=202)),
    worthless("token_object", issued({})),
    worthless("token_page", page("<h1>Welcome</h1>")),
    worthless("token_no_content", empty()),
    worthless("token_error_in_200", data({"error": "invalid_client", "error_description": "unknown"})),
    worthless("token_ok_false", data({"ok": False, "error": "bad_client_secret", "access_token": "x"})),
    worthless("token_unauthorized_word", issued("unauthorized")),
    worthless("token_object_text", issued("[object Object]")),
    worthless("token_nan", issued("NaN")),
    bad("client_refused", USER, REFUSED, NO_KEY, form="oauth2", token=(INVALID_CLIENT, INVALID_CLIENT)),
    bad(
        "client_refused_400",
        USER,
        REFUSED,
        NO_KEY,
        form="oauth2",
        token=(data({"error": "invalid_client"}, 400), INVALID_CLIENT),
    ),
    bad("token_refused_by_api", REFUSED, REFUSED, NO_KEY, form="oauth2", token=(issued(), INVALID_CLIENT)),
    bad(
        "token_refused_in_200_by_api",
        data({"ok": False, "error": "invalid_auth"}),
        none=NO_KEY,
        form="oauth2",
        token=(issued(), INVALID_CLIENT),
    ),
    limited(
        "token_without_scope",
        data({"error": "insufficient_scope"}, 403),
        REFUSED,
        NO_KEY,
        form="oauth2",
        token=(issued(), INVALID_CLIENT),
    ),
    unknown(
        "token_endpoint_down", USER, REFUSED, NO_KEY, form="oauth2", token=(text("x", 503), text("x", 503))
    ),
    unknown("token_endpoint_limited", USER, REFUSED, NO_KEY, form="oauth2", token=(empty(429), empty(429))),
    good("login_good", ROWS, REFUSED, NO_KEY, form="login", token=(data({"token": ISSUED}), REFUSED)),
    good(
        "login_good_wrong_200",
        ROWS,
        REFUSED,
        NO_KEY,
        form="login",
        token=(data({"token": ISSUED}), data({"success": False})),
    ),
    bad("login_refused", ROWS, REFUSED, NO_KEY, form="login", token=(REFUSED, REFUSED)),
    bad(
        "login_refused_in_200",
        ROWS,
        REFUSED,
        NO_KEY,
        form="login",
        token=(data({"success": False, "error": "wrong password"}), REFUSED),
    ),
    bad(
        "login_null_token",
        ROWS,
        ROWS,
        NO_KEY,
        form="login",
        token=(data({"token": None, "message": "bad password"}), REFUSED),
    ),
    bad(
        "login_token_word_null",
        ROWS,
        ROWS,
        NO_KEY,
        form="login",
        token=(data({"token": "null"}), data({"token": "null"})),
    ),
    bad(
        "login_token_beside_success_false",
        ROWS,
        ROWS,
        NO_KEY,
        form="login",
        token=(data({"success": False, "token": "0"}), REFUSED),
    ),
    irrelevant(
        "login_for_anyone",
        ROWS,
        REFUSED,
        NO_KEY,
        form="login",
        token=(data({"token": ISSUED}), data({"token": ISSUED})),
    ),
    irrelevant("login_for_a_public_api", ROWS, form="login", token=(data({"token": ISSUED}), REFUSED)),
]
