"""Validations with `expected_status`, and with other verbs than GET."""

from tests.traps.answers import FORBIDDEN, NO_KEY, REFUSED, ROWS, USER, data, empty, moved, page, text
from tests.traps.trap import bad, good, irrelevant, limited

MISSING = data({"error": "parameter account is required"}, 400)
LOGIN_PAGE = page('<form action="/login"><input type="password"></form>')
NO_DECOY = "this verb has no decoy, and nothing else tells the credential from another"

TRAPS = [
    good("expected_400", MISSING, REFUSED, NO_KEY, expected=(400,)),
    good("expected_404", data({"message": "no such order"}, 404), REFUSED, NO_KEY, expected=(404,)),
    good("expected_405", empty(405), REFUSED, NO_KEY, expected=(405,), form="bearer"),
    good("expected_422_among_others", data({"detail": "x"}, 422), REFUSED, NO_KEY, expected=(200, 422)),
    good(
        "expected_302",
        moved("https://files.acme.test/export.csv"),
        REFUSED,
        NO_KEY,
        expected=(302,),
        form="bearer",
    ),
    good("expected_304", empty(304), REFUSED, NO_KEY, expected=(304,)),
    irrelevant("expected_400_for_all", MISSING, expected=(400,)),
    irrelevant("expected_400_any_key", MISSING, MISSING, NO_KEY, expected=(400,)),
    irrelevant("expected_404_catch_all", data({"message": "Not Found"}, 404), expected=(404,)),
    irrelevant("expected_302_for_all", moved("https://www.acme.test/"), expected=(302,)),
    irrelevant("expected_302_any_key", moved("https://www.acme.test/"), none=NO_KEY, expected=(302,)),
    good("expected_403_about_rights", data({"error": "forbidden"}, 403), REFUSED, NO_KEY, expected=(403,)),
    bad("expected_200_login_page_other_decoy", LOGIN_PAGE, REFUSED, NO_KEY, expected=(200,)),
    bad("expected_200_login_page", LOGIN_PAGE, none=NO_KEY, expected=(200,), form="cookie"),
    bad("expected_200_refusal", data({"ok": False, "error": "invalid_auth"}), none=NO_KEY, expected=(200,)),
    bad(
        "expected_200_refusal_other_decoy",
        data({"ok": False, "error": "token_expired"}),
        REFUSED,
        NO_KEY,
        expected=(200,),
    ),
    bad(
        "expected_400_refusal",
        data({"error": "invalid_token"}, 400),
        none=NO_KEY,
        expected=(400,),
        form="bearer",
    ),
    bad(
        "expected_400_refusal_none_differs",
        data({"message": "API key not valid"}, 400),
        none=data({"error": {"status": 403}}, 403),
        expected=(400,),
        form="query",
    ),
    bad("expected_401", REFUSED, none=NO_KEY, expected=(401,)),
    bad("expected_403_for_wrong_keys", FORBIDDEN, none=NO_KEY, expected=(403,)),
    bad(
        "expected_302_to_login",
        moved("https://login.acme.test/signin"),
        none=NO_KEY,
        expected=(302,),
        form="cookie",
    ),
    limited("expected_200_forbidden", FORBIDDEN, REFUSED, NO_KEY, expected=(200,)),
    good("head_good", USER, REFUSED, NO_KEY, verb="HEAD"),
    good("head_good_bearer", ROWS, empty(403), empty(401), verb="HEAD", form="bearer"),
    bad("head_refused", REFUSED, none=NO_KEY, verb="HEAD"),
    bad("head_forbidden_like_any", FORBIDDEN, none=NO_KEY, verb="HEAD", form="bearer"),
    irrelevant("head_public", USER, verb="HEAD"),
    irrelevant("head_any_key", USER, USER, NO_KEY, verb="HEAD"),
    irrelevant("head_no_content", empty(), verb="HEAD", form="basic"),
    limited("head_forbidden", empty(403), empty(401), verb="HEAD"),
    good("post_good", ROWS, REFUSED, NO_KEY, verb="POST", undecidable=NO_DECOY),
    bad("post_refused", REFUSED, none=NO_KEY, verb="POST"),
    bad(
        "post_refused_in_200",
        data({"ok": False, "error": "invalid_auth"}),
        none=NO_KEY,
        verb="POST",
        form="bearer",
    ),
    bad(
        "post_graphql_refused",
        data(
            {
                "data": None,
                "errors": [{"message": "Unauthenticated", "extensions": {"code": "UNAUTHENTICATED"}}],
            }
        ),
        verb="POST",
        form="bearer",
    ),
    bad(
        "post_ret_minus_one", data({"ret": -1, "data": None}), none=NO_KEY, verb="POST", undecidable=NO_DECOY
    ),
    irrelevant("post_public", data({"result": 3}), verb="POST"),
    irrelevant("post_any_key", data({"result": 3}), none=NO_KEY, verb="POST"),
    irrelevant("post_accepted", text("", 202), verb="POST"),
    bad("delete_refused", REFUSED, verb="DELETE"),
    limited(
        "put_forbidden",
        data({"message": "Your role lacks the permission"}, 403),
        REFUSED,
        NO_KEY,
        verb="PUT",
        undecidable=NO_DECOY,
    ),
]
