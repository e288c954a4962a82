"""APIs and gateways that refuse a wrong key otherwise than with 401, and say 401 only to no key."""

from tests.traps.answers import FORBIDDEN, NO_KEY, USER, data, empty, moved, page, raw, text, xml
from tests.traps.trap import bad

LIKE_AN_EMPTY_ENDPOINT = "the API hides itself: the answer is that of a URL that doesn't exist"

TRAPS = [
    bad(
        "api_gateway_authorizer",
        data(
            {"Message": "User is not authorized to access this resource"},
            403,
            (("x-amzn-ErrorType", "AccessDeniedException"),),
        ),
        none=data({"message": "Unauthorized"}, 401),
        form="bearer",
    ),
    bad(
        "api_gateway_usage_plan",
        data({"message": "Forbidden"}, 403, (("x-amzn-ErrorType", "ForbiddenException"),)),
        none=FORBIDDEN,
    ),
    bad(
        "api_gateway_explicit_deny",
        data({"Message": "User is not authorized to access this resource with an explicit deny"}, 403),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "azure_apim_wrong_key",
        data({"statusCode": 401, "message": "Access denied due to invalid subscription key."}, 401),
        none=data({"statusCode": 401, "message": "Access denied due to missing subscription key."}, 401),
    ),
    bad(
        "azure_front_forbidden",
        data(
            {
                "error": {
                    "code": "AuthorizationFailed",
                    "message": "The client does not have authorization to perform action",
                }
            },
            403,
        ),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "cloudflare_api_400",
        data(
            {
                "success": False,
                "errors": [{"code": 6003, "message": "Invalid request headers"}],
                "messages": [],
                "result": None,
            },
            400,
        ),
        none=data({"success": False, "errors": [{"code": 9106, "message": "Authentication failed"}]}, 400),
        form="bearer",
    ),
    bad(
        "google_key_400",
        data(
            {
                "error": {
                    "code": 400,
                    "message": "API key not valid. Please pass a valid API key.",
                    "status": "INVALID_ARGUMENT",
                }
            },
            400,
        ),
        none=data({"error": {"code": 403, "message": "Method doesn't allow unregistered callers"}}, 403),
        form="query",
    ),
    bad(
        "forbidden_role_words_for_all",
        data({"message": "Your role lacks the permission for this resource"}, 403),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "forbidden_insufficient_permissions",
        data({"detail": "You do not have permission to perform this action."}, 403),
        none=data({"detail": "Authentication credentials were not provided."}, 401),
        form="token_word",
    ),
    bad("forbidden_empty", empty(403), none=NO_KEY),
    bad("forbidden_page", page("<h1>403 Forbidden</h1><hr>nginx", 403), none=NO_KEY, form="basic"),
    bad(
        "hidden_as_404",
        data({"message": "Not Found"}, 404),
        none=NO_KEY,
        form="bearer",
        undecidable=LIKE_AN_EMPTY_ENDPOINT,
    ),
    bad("unprocessable_422", data({"error": "api_key is not a known key"}, 422), none=NO_KEY),
    bad("bad_request_token", data({"error": "invalid_token"}, 400), none=NO_KEY, form="bearer"),
    bad(
        "payment_page_402",
        data({"error": "unknown key, please subscribe"}, 402),
        none=NO_KEY,
        undecidable="402 is also said to a good key without credit",
    ),
    bad(
        "locked_423",
        data({"error": "account locked", "message": "Invalid credentials"}, 423),
        none=NO_KEY,
        form="basic",
        undecidable="the account may be locked for another reason",
    ),
    bad(
        "session_419",
        data({"message": "CSRF token mismatch or session expired"}, 419),
        none=NO_KEY,
        form="cookie",
    ),
    bad(
        "esri_498",
        data({"error": {"code": 498, "message": "Invalid token.", "details": []}}, 498),
        none=data({"error": {"code": 499, "message": "Token Required"}}, 499),
        form="query",
    ),
    bad(
        "esri_498_in_200",
        data({"error": {"code": 498, "message": "Invalid Token", "details": []}}),
        none=data({"error": {"code": 499, "message": "Token Required", "details": []}}),
        form="query",
    ),
    bad("login_timeout_440", data({"message": "Login Time-out"}, 440), none=NO_KEY, form="cookie"),
    bad(
        "redirect_to_own_login",
        moved("/redirect_to_own_login/login?next=/v1/me"),
        none=NO_KEY,
        form="cookie",
        undecidable="the sign-in page answers like the call, which redirects without end",
    ),
    bad(
        "redirect_to_okta", moved("https://acme.okta.test/login/login.htm?fromURI=%2Fv1%2Fme"), form="cookie"
    ),
    bad(
        "redirect_to_error_page",
        moved("https://www.acme.test/errors/access-denied"),
        none=NO_KEY,
        form="bearer",
        undecidable="a redirect to another host isn't followed",
    ),
    bad("unauthorized_as_page", page("<h1>Unauthorized</h1>", 401), form="basic"),
    bad("unauthorized_without_body", empty(401), form="bearer"),
    bad(
        "unauthorized_with_challenge",
        raw(b"", "", 401, (("WWW-Authenticate", 'Basic realm="acme"'),)),
        form="bearer",
    ),
    bad(
        "crash_on_garbage_token",
        text("Internal Server Error", 500),
        none=NO_KEY,
        form="bearer",
        undecidable="a 500 doesn't say why",
    ),
    bad(
        "crash_with_trace",
        data({"error": "JWTDecodeError: signature mismatch", "trace": ["a", "b"]}, 500),
        none=NO_KEY,
        form="bearer",
        undecidable="a 500 doesn't say why",
    ),
    bad(
        "s3_unknown_key",
        xml(
            "<Error><Code>InvalidAccessKeyId</Code><Message>The key does not exist.</Message></Error>",
            403,
        ),
        none=xml("<Error><Code>AccessDenied</Code></Error>", 403),
        form="aws",
    ),
    bad(
        "aws_signature_mismatch",
        data(
            {"message": "The request signature we calculated does not match the signature you provided."}, 403
        ),
        data({"message": "The security token included in the request is invalid."}, 403),
        data({"message": "Missing Authentication Token"}, 403),
        form="aws",
    ),
    bad("custom_pair_wrong", data({"error": "application unknown"}, 403), none=NO_KEY, form="custom"),
    bad(
        "jwt_wrong_signature",
        data({"error": "invalid_token", "error_description": "Signature verification failed"}, 401),
        none=NO_KEY,
        form="jwt",
    ),
    bad(
        "jwt_unknown_issuer_403",
        data({"message": "Jwt issuer is not configured"}, 403),
        none=data({"message": "Jwt is missing"}, 401),
        form="jwt",
    ),
    bad(
        "wrong_key_gets_trial_data",
        data({"plan": "demo", "items": [{"id": 1}]}),
        none=NO_KEY,
        undecidable="demonstration data looks like data, and any key gets it",
    ),
    bad(
        "wrong_key_gets_other_users_view",
        data({"public": True, "items": []}),
        none=USER,
        undecidable="the answer to any key looks like data",
    ),
]
