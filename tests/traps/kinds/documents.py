"""Connections whose document says more: rules for refusals in bodies, parameters beside the credential."""

from tests.traps.answers import (
    FORBIDDEN,
    NO_KEY,
    REFUSED,
    ROWS,
    USER,
    Answer,
    Asked,
    data,
    empty,
    moved,
    text,
)
from tests.traps.trap import bad, good, irrelevant, limited

RULE = {"refresh_on_body": {"meta.state": "denied"}}
DENIED = data({"meta": {"state": "denied"}, "rows": []})
GRANTED = data({"meta": {"state": "granted"}, "rows": [1]})
CHALLENGE = (("WWW-Authenticate", 'Digest realm="acme", nonce="b7f1", qop="auth"'),)
OTHER_PARAMETERS = {"extra_parameters": {"header:Accept-Version": "2", "query:format": "json"}}
TENANT = {"secret_parameters": {"header:X-Tenant-Secret": "tenant-5d2a8c1f9e"}}


def by_tenant(asked: Asked) -> Answer:
    """Look at the secret parameter alone, and never at the key."""
    is_tenant = asked.headers.get("X-Tenant-Secret") == "tenant-5d2a8c1f9e"
    return USER if is_tenant else NO_KEY


def by_any_tenant(asked: Asked) -> Answer:
    return USER if asked.headers.get("X-Tenant-Secret") else NO_KEY


TRAPS = [
    bad("rule_names_the_refusal", DENIED, none=NO_KEY, fields=RULE),
    bad("rule_names_the_refusal_for_all", DENIED, fields=RULE, form="bearer"),
    good("rule_names_the_decoys_refusal", GRANTED, DENIED, DENIED, fields=RULE),
    good(
        "no_rule_same_structure",
        GRANTED,
        DENIED,
        NO_KEY,
        undecidable="only the values differ, and no rule names them",
    ),
    irrelevant("rule_does_not_match", GRANTED, GRANTED, NO_KEY, fields=RULE),
    bad("rule_and_expected_status", DENIED, none=NO_KEY, fields=RULE, expected=(200,)),
    good("extra_parameters_good", ROWS, REFUSED, NO_KEY, fields=OTHER_PARAMETERS),
    irrelevant("extra_parameters_public", ROWS, fields=OTHER_PARAMETERS),
    good("tenant_decides", by_tenant, fields=TENANT, undecidable="the key itself is never looked at"),
    irrelevant("any_tenant_is_enough", by_any_tenant, fields=TENANT),
    bad("tenant_refused", FORBIDDEN, none=NO_KEY, fields=TENANT),
    good("cookie_good", ROWS, moved("https://sso.acme.test/login"), form="cookie"),
    limited("cookie_forbidden", FORBIDDEN, REFUSED, NO_KEY, form="cookie"),
    limited("custom_forbidden", FORBIDDEN, REFUSED, NO_KEY, form="custom"),
    limited("query_forbidden", FORBIDDEN, REFUSED, NO_KEY, form="query"),
    limited("jwt_forbidden_empty", empty(403), empty(401), form="jwt"),
    bad(
        "custom_in_200",
        data({"Success": "False", "Reason": "Application key is wrong"}),
        none=NO_KEY,
        form="custom",
    ),
    bad(
        "token_word_in_200",
        data({"error": {"reason": "authentication", "text": "token unknown"}}),
        none=NO_KEY,
        form="token_word",
    ),
    bad(
        "jwt_in_200",
        data({"code": 16, "message": "unauthenticated: bad signature", "details": []}),
        none=NO_KEY,
        form="jwt",
    ),
    bad("digest_refused", empty(401, CHALLENGE), form="digest"),
    bad("digest_refused_in_200", data({"error": "access denied"}), none=empty(401, CHALLENGE), form="digest"),
    limited("digest_forbidden", FORBIDDEN, empty(401, CHALLENGE), form="digest"),
    irrelevant("digest_never_asked", ROWS, form="digest"),
    irrelevant("digest_any_user", ROWS, ROWS, empty(401, CHALLENGE), form="digest"),
    good("aws_other_key_404", ROWS, data({"message": "Not Found"}, 404), NO_KEY, form="aws"),
    bad("aws_signature_refused_in_200", text("AccessDenied: SignatureDoesNotMatch"), none=NO_KEY, form="aws"),
    good("oauth1_good", USER, REFUSED, NO_KEY, form="oauth1"),
    bad(
        "oauth1_in_200",
        data({"errors": [{"code": 32, "message": "Could not authenticate you."}]}),
        none=NO_KEY,
        form="oauth1",
    ),
    irrelevant("oauth1_any_signature", USER, USER, NO_KEY, form="oauth1"),
    limited(
        "oauth1_read_only",
        data({"errors": [{"code": 261, "message": "Application cannot perform write actions."}]}, 403),
        data({"errors": [{"code": 89, "message": "Invalid or expired token."}]}, 401),
        form="oauth1",
    ),
]
