"""Credentials that have ended (expired, revoked, suspended): refused otherwise than one never issued."""

from tests.traps.answers import NO_KEY, REFUSED, data, empty, moved, page, text, xml
from tests.traps.trap import bad

TRAPS = [
    bad(
        "expired_in_200_unknown_401",
        data({"ok": False, "error": "token_expired"}),
        REFUSED,
        NO_KEY,
        form="bearer",
    ),
    bad(
        "revoked_in_200_unknown_403",
        data({"status": "error", "reason": "API key revoked"}),
        data({"message": "Forbidden"}, 403),
        NO_KEY,
    ),
    bad(
        "suspended_account_in_200", data({"success": False, "message": "Account suspended"}), REFUSED, NO_KEY
    ),
    bad(
        "trial_over_in_200",
        data({"error": {"code": "TRIAL_EXPIRED", "message": "Your API key has expired"}}),
        REFUSED,
        NO_KEY,
    ),
    bad(
        "expired_xml_in_200",
        xml("<error code='7'>Your key has expired</error>"),
        xml("<error code='3'>Unknown key</error>", 401),
        NO_KEY,
    ),
    bad("expired_text_in_200", text("ERROR: key expired"), REFUSED, NO_KEY, form="query"),
    bad(
        "expired_401_unknown_400",
        data({"error": "invalid_token", "error_description": "The access token expired"}, 401),
        data({"error": "malformed token"}, 400),
        form="bearer",
    ),
    bad(
        "expired_401_unknown_404",
        data({"error": "token expired"}, 401),
        data({"message": "Not Found"}, 404),
        form="bearer",
    ),
    bad(
        "expired_401_unknown_500",
        data({"error": "token expired"}, 401),
        text("Internal Server Error", 500),
        NO_KEY,
        form="bearer",
    ),
    bad("revoked_403_unknown_401", data({"error": "This API key has been revoked"}, 403), REFUSED, NO_KEY),
    bad(
        "disabled_user_403",
        data({"error": "user_disabled", "message": "The user account is disabled"}, 403),
        REFUSED,
        NO_KEY,
        form="basic",
    ),
    bad(
        "expired_password_page",
        page("<h1>Your password has expired</h1><form><input type='password'></form>"),
        REFUSED,
        NO_KEY,
        form="basic",
    ),
    bad(
        "expired_session_redirect",
        moved("https://login.acme.test/signin?expired=1"),
        REFUSED,
        NO_KEY,
        form="cookie",
    ),
    bad(
        "must_change_password",
        data(
            {
                "success": False,
                "code": "PASSWORD_EXPIRED",
                "message": "authentication failed: change your password",
            }
        ),
        REFUSED,
        NO_KEY,
        form="basic",
    ),
    bad(
        "graphql_expired",
        data(
            {
                "errors": [{"message": "Token has expired", "extensions": {"code": "UNAUTHENTICATED"}}],
                "data": None,
            }
        ),
        REFUSED,
        NO_KEY,
        form="bearer",
    ),
    bad(
        "wechat_expired",
        data({"errcode": 42001, "errmsg": "access_token expired"}),
        data({"errcode": 40001, "errmsg": "invalid credential"}),
        data({"errcode": 41001, "errmsg": "access_token missing"}),
        form="query",
    ),
    bad(
        "revoked_other_structure",
        data({"error": {"type": "auth", "message": "key revoked", "revoked_at": "2026-01-01"}}),
        data({"error": "unknown key"}),
        NO_KEY,
    ),
    bad(
        "gone_410_key",
        data({"error": "This token was deleted"}, 410),
        REFUSED,
        NO_KEY,
        form="bearer",
        undecidable="410 is also said of a URL",
    ),
    bad("expired_empty_401", empty(401), data({"message": "Forbidden"}, 403), form="bearer"),
    bad(
        "aws_expired_token",
        data(
            {
                "__type": "ExpiredTokenException",
                "message": "The security token included in the request is expired",
            },
            403,
        ),
        data({"message": "The security token included in the request is invalid."}, 403),
        data({"message": "Missing Authentication Token"}, 403),
        form="aws",
    ),
]
