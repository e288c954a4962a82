"""Good credentials at APIs that answer a call without one in unusual ways; the wrong key tells."""

from tests.traps.answers import NO_KEY, REFUSED, ROWS, USER, data, empty, moved, page, text
from tests.traps.trap import good

NOT_FOUND = data({"message": "Not Found"}, 404)
LOGIN_PAGE = page('<form action="/login"><input type="password"></form>')

TRAPS = [
    good("none_to_okta", USER, REFUSED, moved("https://acme.okta.test/oauth2/v1/authorize?client_id=0oa1")),
    good("both_to_okta", USER, moved("https://acme.okta.test/app/acme_1/exk1/sso/saml"), form="bearer"),
    good(
        "both_to_google", USER, moved("https://accounts.google.test/ServiceLogin?continue=x"), form="bearer"
    ),
    good(
        "both_to_google_chooser",
        USER,
        moved("https://accounts.google.test/v3/identifier?dsh=1"),
        form="cookie",
    ),
    good("both_to_cas", USER, moved("https://cas.university.test/cas/login?service=api"), form="cookie"),
    good(
        "both_to_entra",
        USER,
        moved("https://login.microsoftonline.test/common/oauth2/v2.0/authorize"),
        form="bearer",
    ),
    good(
        "both_to_keycloak",
        ROWS,
        moved("https://id.acme.test/realms/acme/protocol/openid-connect/auth"),
        form="cookie",
    ),
    good("both_to_nameless_host", ROWS, moved("https://id.acme.test/"), form="bearer"),
    good(
        "both_to_own_welcome",
        USER,
        moved("/both_to_own_welcome/v1/me"),
        form="cookie",
        undecidable="the redirect leads to itself, without end",
    ),
    good("none_to_adfs", USER, REFUSED, moved("https://adfs.acme.test/adfs/ls/?wa=wsignin1.0"), form="basic"),
    good("none_to_front_page", USER, REFUSED, moved("https://www.acme.test/")),
    good("none_404", USER, REFUSED, NOT_FOUND, form="bearer"),
    good("both_404_like_github", USER, NOT_FOUND, form="bearer"),
    good("wrong_404_none_401", USER, NOT_FOUND, NO_KEY, form="bearer"),
    good("none_400", USER, REFUSED, data({"error": "parameter key is required"}, 400), form="query"),
    good("both_400", USER, data({"error": "bad request"}, 400), form="query"),
    good(
        "wrong_400_none_403",
        USER,
        data({"error": {"code": 400, "message": "API key not valid"}}, 400),
        data({"error": {"code": 403}}, 403),
        form="query",
    ),
    good(
        "none_422",
        USER,
        REFUSED,
        data({"detail": [{"loc": ["header", "x-api-key"], "msg": "field required"}]}, 422),
    ),
    good("none_500", USER, REFUSED, text("Internal Server Error", 500)),
    good("none_405", USER, REFUSED, empty(405, (("Allow", "OPTIONS"),))),
    good("none_public_view", data({"id": 1, "private": "x", "email": "a@b.test"}), REFUSED, data({"id": 1})),
    good("none_same_data_wrong_401", ROWS, REFUSED, ROWS),
    good(
        "public_validates_given_key",
        data({"rows": [1]}),
        data({"error": "bad key"}, 403),
        data({"rows": [1]}),
    ),
    good("public_validates_given_bearer", USER, REFUSED, USER, form="bearer"),
    good("public_validates_given_login", ROWS, REFUSED, ROWS, form="basic"),
    good(
        "wrong_falls_back_to_public_view",
        data({"id": 1, "email": "a@b.test", "plan": "pro"}),
        data({"id": 1}),
    ),
    good("wrong_gets_login_page", ROWS, LOGIN_PAGE, LOGIN_PAGE, form="cookie"),
    good("wrong_gets_app", ROWS, page('<div id="root"></div><script src="/app.js"></script>'), form="cookie"),
    good(
        "wrong_gets_empty_list",
        ROWS,
        data({"items": [], "next": None}),
        NO_KEY,
        undecidable="an empty list has the structure of a full one",
    ),
    good("wrong_gets_no_content", ROWS, empty(204), NO_KEY),
    good("wrong_gets_402", USER, data({"error": "subscribe first"}, 402), NO_KEY),
    good(
        "wrong_gets_498",
        USER,
        data({"error": {"code": 498, "message": "Invalid token."}}, 498),
        data({"error": {"code": 499}}, 499),
        form="query",
    ),
    good(
        "wrong_gets_498_in_200",
        USER,
        data({"error": {"code": 498, "message": "Invalid token."}}),
        data({"error": {"code": 499, "message": "Token Required"}}),
        form="query",
    ),
    good(
        "wrong_gets_redirect_same_host",
        USER,
        moved("/wrong_gets_redirect_same_host/token"),
        form="cookie",
        undecidable="the redirect leads to itself, without end",
    ),
    good(
        "azure_subscription",
        ROWS,
        data({"statusCode": 401, "message": "Access denied due to invalid subscription key."}, 401),
        data({"statusCode": 401, "message": "Access denied due to missing subscription key."}, 401),
    ),
    good(
        "api_gateway_custom",
        ROWS,
        data({"Message": "User is not authorized"}, 403),
        data({"message": "Unauthorized"}, 401),
        form="bearer",
    ),
    good(
        "digest_login",
        USER,
        empty(401, (("WWW-Authenticate", 'Digest realm="a", nonce="n1", qop="auth"'),)),
        form="digest",
    ),
]
