"""Refusals in the words of providers: which name a dead refresh token, and what is shown of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword import redact
from watchword.http.bodies import content_of
from watchword.http.body_rules import BodyRules
from watchword.protocols.oauth2.request_words import CLIENT, CODE, REFRESH
from watchword.protocols.oauth2.token_endpoint_response import ResponsePaths, read_token
from watchword.protocols.session_login.login_response import TokenLocation, read_session
from watchword.tokens.dead_tokens import dead_token_name
from watchword.tokens.kept_refusals import liftable
from watchword.tokens.refusal_words import reports_refusal, server_words
from watchword.tokens.token_response import TokenResponse

URL = "https://auth.test/o/token"


def answer(status, body, paths, words=REFRESH, headers=None):
    text = body if isinstance(body, str) else json.dumps(body)
    return read_token(TokenResponse(URL, status, headers or {}, text), paths, words)


def refused(status, body, rules=None, *, words=REFRESH, headers=None):
    """Return the finding of a refused refresh."""
    paths = ResponsePaths(refresh="refresh_token", refused=BodyRules(rules or {}))
    with pytest.raises(watchword.TokenError) as raised:
        answer(status, body, paths, words, headers)
    return raised.value.findings[0]


DEAD = [
    (400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
     "invalid_grant"),
    (401, {"error": "invalid_grant"}, "invalid_grant"),
    (400, {"errors": [{"errorType": "invalid_grant", "message": "Refresh token invalid"}], "success": False},
     "invalid_grant"),  # Fitbit
    (400, {"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"},
     "BAD_REFRESH_TOKEN"),  # HubSpot
    (200, {"error": "bad_refresh_token",
     "error_description": "The refresh token passed is incorrect or expired."},
     "bad_refresh_token"),  # GitHub
    (200, {"ok": False, "error": "invalid_refresh_token"}, "invalid_refresh_token"),  # Slack
    (400, {"error": "expired_token"}, "expired_token"),
    (401, {"error": "invalid_token", "error_description": "Invalid refresh token (expired): x"},
     "invalid_token"),  # Spring
    (200, {"error": "invalid_code"}, "invalid_code"),  # Zoho
    (401, {"code": 401, "message": "Expired refresh token"}, "Expired refresh token"),
    (400, {"error": {"code": "REFRESH_TOKEN_EXPIRED", "message": "Sign in again"}}, "REFRESH_TOKEN_EXPIRED"),
    (403, {"errorCode": "token_revoked"}, "token_revoked"),
    (400, {"error": "interaction_required", "error_description": "AADSTS50076"}, "interaction_required"),
    (400, {"code": 400, "error_code": "refresh_token_not_found",
     "msg": "Invalid Refresh Token: Refresh Token Not Found"},
     "refresh_token_not_found"),  # Supabase
    (400, {"error": {"code": 400, "message": "TOKEN_EXPIRED", "status": "INVALID_ARGUMENT"}},
     "TOKEN_EXPIRED"),  # Firebase
    (400, {"__type": "NotAuthorizedException", "message": "Refresh Token has been revoked"},
     "Refresh Token has been revoked"),  # Cognito
    (400, {"message": "Invalid refresh token."}, "Invalid refresh token"),
    (200, {"code": 20064, "msg": "Refresh token revoked", "data": {}}, "Refresh token revoked"),  # Feishu
    (400, [{"error": "invalid_grant"}], "invalid_grant"),
    (400, "error=invalid_grant&error_description=expired", "invalid_grant"),
    (400, "<OAuth><error_code>invalid_grant</error_code></OAuth>", "invalid_grant"),
    (400, "<Envelope><Body><Fault><faultcode>INVALID_GRANT</faultcode></Fault></Body></Envelope>",
     "INVALID_GRANT"),
    (400, {"fault": {"detail": {"errorcode": "expired_refresh_token"}}}, "expired_refresh_token"),  # Apigee
    (401, {"error": "invalid_request", "error_description": "The refresh token is invalid.",
     "hint": "Token has been revoked"}, "refresh token is invalid"),  # Laravel Passport
    (403, {"error": "unauthorized_client", "error_description": "refresh_token is invalid"},
     "refresh_token is invalid"),  # Atlassian
    (401, {"error": "unauthorized_client", "error_description": "Old refresh token used."},
     "Old refresh token"),  # Exact
    (400, {"ErrorCode": "invalid_request", "Error": "Refresh Token expired"}, "Refresh Token expired"),
    (400, {"error": "invalid_request", "error_description": "The provided refresh token is expired"},
     "refresh token is expired"),  # LinkedIn
    (400, {"error": "invalid_request", "error_description": "Value passed for the token was invalid."},
     "Value passed for the token was invalid"),  # X
    (200, {"errcode": 40030, "errmsg": "invalid refresh_token, rid: 65f1-2a"}, "invalid refresh_token"),
    (200, {"status": 503, "body": {}, "error": "Invalid Params: invalid refresh_token"},
     "invalid refresh_token"),  # Withings
    (200, {"type": "ISP", "code": "IllegalRefreshToken", "message": "x", "request_id": "1"},
     "IllegalRefreshToken"),  # Lazada
    (400, {"error_response": {"code": 27, "msg": "Invalid arguments",
     "sub_code": "isv.invalid-refresh-token"}}, "invalid-refresh-token"),  # Taobao
    (401, {"fault": {"detail": {"errorcode": "keymanagement.service.InvalidRefreshToken"}}},
     "InvalidRefreshToken"),  # Apigee
    (401, {"error": "invalid_request", "error_description": "The refresh token passed has already been used"},
     "refresh token passed has already been used"),
    (403, {"error": "access_denied", "error_description": "Unknown or invalid refresh token."},
     "Unknown or invalid refresh token"),  # Auth0
    (400, {"hint": "Token has been revoked", "title": "Bad", "status": 400}, "Token has been revoked"),
    (400, {"message": "Bad Request",
     "errors": [{"resource": "RefreshToken", "field": "refresh_token", "code": "invalid"}]},
     "refresh_token invalid"),  # Strava
    (400, {"errors": [{"code": "bad_request"}, {"code": "invalid_grant"}]}, "invalid_grant"),
    (400, [{"code": "bad_request"}, {"code": "invalid_grant"}], "invalid_grant"),
    (400, {"errors": ["Bad request", "Invalid refresh token"]}, "Invalid refresh token"),
    (400, {"message": json.dumps({"error": "invalid_grant"})}, "invalid_grant"),  # a gateway
    (400, "invalid_grant", "invalid_grant"),
    (400, "Invalid refresh token", "Invalid refresh token"),
    (400, '"invalid_grant"', "invalid_grant"),
    (400, {"error": "unsupported_token_type",
     "error_description": "Error at refresh token"}, "unsupported_token_type"),  # Schwab
    (400, {"error": {"code": 400, "message": "USER_NOT_FOUND"}}, "USER_NOT_FOUND"),  # Firebase
    (400, {"error": "invalid_grant", "error_description": "expired access/refresh token"}, "invalid_grant"),
    # Salesforce
    (400, {"error": "invalid_grant", "error_description": "reauth related error (invalid_rapt)",
     "error_subtype": "invalid_rapt"}, "invalid_grant"),  # Google
    (400, {"error": "invalid_grant", "error_description": "Account has been deleted"}, "invalid_grant"),
    (400, {"error": "invalid_grant", "error_description": "AADSTS70008: The refresh token has expired."},
     "invalid_grant"),  # Entra, and those below
    (400, {"error": "invalid_grant", "error_description": "AADSTS50173: The provided grant has expired due "
     "to it being revoked, a fresh auth token is needed.", "suberror": "bad_token"}, "invalid_grant"),
    (400, {"error": "invalid_grant", "error_description": "AADSTS65001: The user or administrator has not "
     "consented to use the application.", "suberror": "consent_required"}, "invalid_grant"),
    (400, {"error": "invalid_grant", "error_description": "Session not active"}, "invalid_grant"),  # Keycloak
    (400, {"error": "invalid_grant", "error_description": "Stale token"}, "invalid_grant"),
    (400, {"error": "invalid_grant", "error_description": "Token is not active"}, "invalid_grant"),
    (400, {"error": "invalid_grant", "error_description": "unknown, invalid, or expired refresh token"},
     "invalid_grant"),  # Ping
    (200, {"ok": False, "error": "account_inactive"}, "account_inactive"),  # Slack
    (200, {"ok": False, "error": "token_revoked"}, "token_revoked"),
    (403, {"error": "mfa_required", "mfa_token": "Fe26.s3cret"}, "mfa_required"),  # Auth0
    (400, {"error": "invalid_grant", "error_description": "Incorrect Token type or clientID"},
     "invalid_grant"),  # QuickBooks
    (400, {"error": "invalid_grant", "error_description": "The request has an invalid grant parameter : "
     "refresh_token. User may have revoked or didn't grant the permission."}, "invalid_grant"),  # Amazon
    (400, {"error": "invalid_grant", "error_description": "the provided authorization refresh token is "
     "invalid or was issued to another client"}, "invalid_grant"),  # eBay
    (400, {"error": "invalid_request", "error_description": "This request requires an active refresh_token"},
     "requires an active refresh_token"),  # Shopify
    (400, {"error": "invalid_request", "error_description": "Refresh token does not exist: rt_1"},
     "Refresh token does not exist"),  # Stripe
    (400, {"error": {"message": "Error validating access token: Session has expired on Thursday.",
     "type": "OAuthException", "code": 190}}, "Error validating access token"),  # Meta
    (400, {"error": "invalid_grant", "error_description": "The user's tokens were revoked: user is blocked"},
     "invalid_grant"),
    (400, {"errors": [{"message": "The `refresh_token` provided was invalid."}]},
     "refresh_token` provided was invalid"),  # Asana
    (200, {"error_response": {"error_msg": "refresh_token已过期", "error_code": 10019}},
     "refresh_token已过期"),  # Pinduoduo
    (200, {"code": "1003", "msg": "无效的refresh_token"}, "无效的refresh_token"),  # JD
    (200, {"errcode": 42002, "errmsg": "refresh_token expired, rid: 1-2"}, "refresh_token expired"),  # WeChat
    (401, {"developerMessage": "The refresh token is invalid or expired.", "errorCode": "AUTH-004"},
     "refresh token is invalid"),  # Autodesk
    (400, {"message": "The refresh token provided is expired, revoked, malformed or invalid."},
     "refresh token provided is expired"),  # Webex
    (400, {"message": "The account is locked and the refresh token is expired"}, "refresh token is expired"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "name"), DEAD)
def test_a_dead_refresh_token_is_known_by_each_providers_name(status, body, name):
    """Wherever the envelope has the name, it counts as invalid_grant, with the provider's own word."""
    found = refused(status, body)
    assert found.code.name == "invalid_grant"
    assert found.message.endswith(f"refused the request: {name}.")
    assert "Sign in again" in found.advice
    assert len(found.evidence) > 1


LIFTABLE = [
    (400, {"error": "invalid_grant", "error_description": "ip restricted"}, "ip restricted"),  # Salesforce
    (400, {"error": "invalid_grant", "error_description": "inactive user"}, "inactive user"),
    (400, {"error": "invalid_grant", "error_description": "organization has been disabled or locked"},
     "organization has been disabled"),
    (400, {"error": "invalid_app_access", "error_description": "user is not admin approved"},
     "invalid_app_access"),
    (400, {"error": "OAUTH_APP_BLOCKED", "error_description": "this app is blocked by admin"},
     "OAUTH_APP_BLOCKED"),
    (400, {"error": "invalid_grant", "error_description": "AADSTS50057: The user account is disabled."},
     "AADSTS50057"),  # Entra, and those below
    (400, {"error": "invalid_grant", "error_description": "AADSTS50053: The account is locked."},
     "AADSTS50053"),
    (400, {"error": "interaction_required", "error_description": "AADSTS53003: Access has been blocked by "
     "Conditional Access policies."}, "AADSTS53003"),
    (400, {"error": "invalid_grant", "error_description": "AADSTS50000: Later.", "suberror": "message_only"},
     "message_only"),
    (400, {"error": "invalid_grant", "error_description": "User disabled"}, "User disabled"),  # Keycloak
    (401, {"error": "unauthorized", "error_description": "user is blocked"}, "user is blocked"),  # Auth0
    (400, {"error": {"code": 400, "message": "USER_DISABLED"}}, "USER_DISABLED"),  # Firebase
    (400, {"__type": "NotAuthorizedException", "message": "User is disabled."},
     "User is disabled"),  # Cognito
    (400, {"error": "admin_policy_enforced", "error_description": "Account restricted"},
     "admin_policy_enforced"),  # Google
    (400, {"success": False, "error": "invalid_grant", "code": "390422", "message":
     "Incoming request with IP/Token 192.0.2.7 is not allowed to access Snowflake."},
     "IP/Token … not allowed"),
    (403, {"error_code": "403", "message": "Source IP address: 192.0.2.7 is blocked by Databricks IP ACL"},
     "IP address … blocked"),
    (400, "This app is currently disabled.", "app is currently disabled"),  # Dropbox
    (400, {"code": 16, "error": "invalid_grant", "error_description": "user lives elsewhere",
     "geolocation": "https://eu2.api.test"}, "user lives elsewhere"),  # SAP Concur
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "words"), LIFTABLE)
def test_what_an_administrator_can_lift_ends_no_sign_in(status, body, words):
    """A restricted address, a blocked app, a disabled user and a policy leave the refresh token as it is."""
    found = refused(status, body)
    assert (found.code.name, words in found.message) == ("access_denied", True)
    assert "The sign-in is kept" in found.advice
    assert "invalid_grant" not in found.message


@pytest.mark.parametrize(
    ("status", "body", "is_unknown"),
    [
        (401, {"error": "server_error", "error_description": "access_denied"}, True),  # ServiceNow
        (400, {"message": "Bad Request", "error": 400}, True),  # Reddit
        (200, {"ok": False, "error": "invalid_auth"}, True),  # Slack
        (401, {"error": "invalid_client"}, False), (400, {"error": "deleted_client"}, False),
        (400, {"error": "invalid_scope"}, False), (503, {"message": "no"}, False),
    ],
)  # fmt: skip
def test_a_refusal_in_unknown_words_says_how_to_make_them_known(status, body, is_unknown):
    """Words that may mean a dead token keep it, and the advice names the field that says so."""
    found = refused(status, body)
    assert found.code.name != "invalid_grant"
    assert ("refused_on_body" in found.advice) is is_unknown
    with pytest.raises(watchword.TokenError) as raised:
        answer(status, body, ResponsePaths(), CLIENT)
    assert "refused_on_body" not in raised.value.findings[0].advice


@settings(max_examples=usually(500, 10_000))
@given(st.lists(st.sampled_from(["ip ", "user ", "is ", "blocked", "account", "s3cret ", "_", "disabled "])))
def test_the_words_that_are_shown_are_known_ones(pieces):
    """Whatever a server writes around them, a message has the words of a rule alone, and no other text."""
    shown = liftable("".join(pieces))
    assert "s3cret" not in (shown or "")
    assert len(shown or "") <= 60


def test_without_a_refresh_token_nothing_is_kept():
    """A machine's request has no sign-in to keep, so the server's own name counts."""
    with pytest.raises(watchword.TokenError) as raised:
        answer(400, {"error": "invalid_grant", "error_description": "ip restricted"}, ResponsePaths(), CLIENT)
    assert raised.value.code == "invalid_grant"


def test_a_rule_of_the_document_counts_more_than_words():
    """Where refused_on_body says that a refresh token is dead, no other words count."""
    body = {"error": "invalid_grant", "error_description": "inactive user"}
    assert refused(400, body, {"error_description": "inactive user"}).code.name == "invalid_grant"


def test_a_challenge_is_read_where_the_body_is_empty():
    """A server may say in WWW-Authenticate alone that the refresh token is dead."""
    for challenge, code in (
        ('Bearer error="invalid_grant"', "invalid_grant"),
        ('Bearer realm="x", error="invalid_request", error_description="Refresh token expired"',
         "invalid_grant"),
        ('Bearer error="invalid_client"', "invalid_client"),
        ('Bearer realm="invalid_grant"', "invalid_client"),
    ):  # fmt: skip
        assert refused(401, "", headers={"WWW-Authenticate": challenge}).code.name == code


@pytest.mark.parametrize(
    ("body", "is_dead"),
    [
        ({"message": "Token expired"}, False),
        ({"error": "token_revoked"}, False),
        ({"error": "login_required"}, True),
        ({"error": "invalid_grant"}, True),
        ({"message": "Refresh token expired"}, True),
        ({"code": "token_expired", "message": "Sign in for a new refresh token"}, True),
    ],
)
def test_behind_a_login_a_dead_token_may_be_that_of_the_gateway(body, is_dead):
    """Where `login_with` authenticates the request, only words about the refresh token end a sign-in."""
    for paths, expected in (
        (ResponsePaths(refused=BodyRules({})), True),
        (ResponsePaths(refused=BodyRules({}), behind_login=True), is_dead),
    ):
        with pytest.raises(watchword.TokenError) as raised:
            answer(401, body, paths)
        assert (raised.value.code == "invalid_grant") is expected


OTHERWISE = [
    (401, {"error": "invalid_client"}, "invalid_client"),
    (400, {"error": "invalid_client", "code": "token_expired"}, "invalid_client"),
    (401, {"message": "client_id is unknown"}, "invalid_client"),
    (400, {"error": "unauthorized_client"}, "unauthorized_client"),
    (400, {"error": "invalid_request", "error_description": "refresh_token is missing"}, "invalid_request"),
    (400, {"error": "invalid_scope", "hint": "refresh"}, "invalid_scope"),
    (429, {"status": "BAD_REFRESH_TOKEN"}, "temporarily_unavailable"),
    (429, {"error": "slow_down"}, "temporarily_unavailable"),
    (500, {"error": "invalid_grant"}, "temporarily_unavailable"),
    (503, {"message": "refresh token expired"}, "temporarily_unavailable"),
    (400, {"error": "invalid_token", "error_description": "The DPoP token is bad"}, "token_refused"),
    (400, {"message": "Your refresh token could not be checked, since the limit is exhausted"},
     "token_refused"),
    (400, {"status": "RATE_LIMIT", "category": "BAD_REFRESH_TOKEN?"}, "token_refused"),
    (404, {"message": "Not found"}, "token_endpoint_not_found"),
    (403, "<html><body>invalid_grant</body></html>", "reply_not_token"),
    (400, "<html><p>invalid_grant</p></html>", "reply_not_token"),
    (400, "Bad Request", "reply_not_token"),
    (401, {"error": "invalid_client", "error_description": "Invalid refresh token"}, "invalid_client"),
    (400, {"error": "invalid_request", "error_description": "Missing parameter: refresh_token"},
     "invalid_request"),
    (400, {"error": "invalid_request", "error_description": "Unknown parameter: refresh_token"},
     "invalid_request"),
    (400, {"error": "invalid_request", "error_description": "Invalid refresh token request"},
     "invalid_request"),
    (400, {"error": "invalid_request", "error_description": "Token expired"}, "invalid_request"),
    (400, {"error": "invalid_request", "error_description": "Check whether the refresh token is expired"},
     "invalid_request"),
    (400, {"message": "This is not an expired refresh token"}, "token_refused"),
    (400, {"errors": [{"resource": "Application", "field": "client_id", "code": "invalid"}]},
     "token_refused"),
    (400, {"errors": [{"field": "refresh_token", "code": "missing"}]}, "token_refused"),
    (400, {"errors": [{"code": "invalid_grant"}, {"code": "invalid_client"}]}, "token_refused"),
    (400, {"error": "invalid_grant", "error_description": "token request is already being processed"},
     "temporarily_unavailable"),  # Salesforce
    (400, {"error": "invalid_grant", "error_description": "AADSTS50196: a client request loop."},
     "temporarily_unavailable"),  # Entra
    (400, {"error": "unsupported_token_type"}, "token_refused"),
    (401, {"error": "invalid_client", "error_description":
     "AADSTS7000222: The provided client secret keys are expired.", "error_codes": [7000222]},
     "invalid_client"),
    (401, {"error": "deleted_client", "error_description": "The OAuth client was deleted."},
     "invalid_client"),  # Google
    (400, {"error": "disabled_client", "error_description": "The app is disabled."}, "invalid_client"),
    (200, {"error": "incorrect_client_credentials"}, "invalid_client"),  # GitHub
    (200, {"ok": False, "error": "bad_client_secret"}, "invalid_client"),  # Slack
    (200, {"ok": False, "error": "internal_error"}, "token_error_in_200"),
    (200, {"ok": False, "error": "invalid_auth"}, "token_error_in_200"),
    (401, {"error": "server_error", "error_description": "access_denied"}, "invalid_client"),  # ServiceNow
    (400, {"error": "unknown_error", "error_description": "retry your request"}, "token_refused"),
    # Salesforce
    (400, {"error": "invalid_grant", "error_description": "login rate exceeded"}, "temporarily_unavailable"),
    (400, {"error": "access_denied", "error_description": "Policy evaluation failed for this request"},
     "access_denied"),  # Okta
    (400, {"error": "access_denied", "error_description": "Rate limit exceeded: access_token not expired"},
     "temporarily_unavailable"),  # Exact Online
    (400, {"error": "invalid_request", "error_description": "The access token is still valid"},
     "temporarily_unavailable"),
    (400, {"error": "unauthorized_client", "error_description": "Not authorized for requested operation"},
     "unauthorized_client"),  # Amazon
    (400, {"error": "access_denied", "error_description": "You have made too many requests continuously."},
     "access_denied"),  # Zoho
    (200, {"error": "invalid_client_secret"}, "invalid_client"),
    (400, {"error": {"message": "Error validating access token: You cannot access the app till you log in.",
     "type": "OAuthException", "code": 190, "error_subcode": 459}}, "token_refused"),  # Meta
    (401, {"errors": [{"category": "AUTHENTICATION_ERROR", "code": "UNAUTHORIZED"}]}, "invalid_client"),
    # Square
    (503, "Invalid refresh token", "temporarily_unavailable"),
    (200, {"code": 0, "msg": "ok", "data": {"x": "invalid_grant"}}, "token_field_missing"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "code"), OTHERWISE)
def test_other_failures_are_not_taken_for_a_dead_refresh_token(status, body, code):
    """A refused client, a wrong request, a rate limit and an outage say nothing about the refresh token."""
    assert refused(status, body).code.name == code


@pytest.mark.parametrize("words", [CLIENT, CODE])
def test_without_a_refresh_token_the_names_mean_what_they_say(words):
    """A machine's request and a code's exchange send no refresh token, so no name is translated."""
    for body, code in (
        ({"error": "bad_refresh_token"}, "token_refused"), ({"error": "expired_token"}, "expired_token"),
        ({"status": "BAD_REFRESH_TOKEN"}, "token_refused"),
    ):  # fmt: skip
        with pytest.raises(watchword.TokenError) as raised:
            answer(400, body, ResponsePaths(refresh="refresh_token"), words)
        assert raised.value.code == code


@pytest.mark.parametrize(
    ("status", "body", "rules", "is_dead"),
    [
        (400, {"code": 36009}, {"code": 36009}, True),
        (400, {"code": "36009"}, {"code": 36009}, False),
        (200, {"error": {"code": 190, "type": "OAuthException"}}, {"error.code": 190}, True),  # Meta
        (500, {"state": "revoked"}, {"state": "revoked"}, True),
        (429, {"state": "revoked"}, {"state": "revoked"}, False),
        (503, {"state": "revoked"}, {"state": "revoked"}, False),
        (400, "<r><state>revoked</state></r>", {"//state": "revoked"}, True),
        (400, "<r><state>revoked</state></r>", {"state": "revoked"}, True),
        (400, "state=revoked&error=x", {"state": "revoked"}, True),
        (400, {"errors": [{"id": 1}, {"id": 7}]}, {"$.errors[*].id": 7}, True),
        (400, {"state": "other"}, {"state": "revoked"}, False),
        (401, "", {"state": "revoked"}, False),
    ],
)
def test_refused_on_body_names_what_an_odder_provider_says(status, body, rules, is_dead):
    """One value at its path is enough, in every format; a rate limit and a gateway say nothing."""
    assert (refused(status, body, rules).code.name == "invalid_grant") is is_dead


def test_the_rules_are_checked_before_anything_is_sent():
    """A path that no response may be searched by, and too many rules, are findings in the document."""
    document = {
        "base_url": "https://api.test", "method": "oauth2_authorization_code", "client_id": "c",
        "refresh_token": "r",
        "token_url": URL, "client_auth": "none",
    }  # fmt: skip
    for rules, words in (
        ({"$..a..b": 1}, "In refused_on_body"),
        ({str(n): 1 for n in range(51)}, "more than 50"),
    ):
        found = watchword.load({**document, "refused_on_body": rules}, name="acme").lint()
        assert [(each.code.name, words in each.message) for each in found] == [("wrong_type", True)]
    assert watchword.load({**document, "refused_on_body": {"//state": "x"}}, name="acme").lint() == []


ENVELOPES = [
    ({"code": 10014, "msg": "app secret invalid"}, "app secret invalid"),  # Feishu
    ({"code": 40105, "message": "Access token is incorrect.", "request_id": "r1", "data": {}},
     "is incorrect"),  # TikTok
    ({"errcode": 40125, "errmsg": "invalid appsecret, rid: 5f-1"}, "invalid appsecret"),  # WeChat
    ({"errcode": 40014, "errmsg": "x", "errors": []}, "40014"),  # DingTalk
    ({"success": False, "message": "Bad credentials"}, "Bad credentials"),
    ({"success": False, "errors": [{"errorType": "invalid_client", "message": "Bad client"}]}, "Bad client"),
    # Fitbit
    ({"errors": [{"code": "E1", "detail": "No such user"}]}, "No such user"),
    ({"status": "error", "message": "No such key"}, "No such key"),
    ({"retcode": 7, "retmsg": "auth fail"}, "auth fail"),
    ({"ErrorCode": 5, "ErrorMessage": "Locked out", "Token": None}, "Locked out"),
    ({"result": "FAIL", "resultMsg": "wrong key", "data": None}, "wrong key"),
    ("<r><errcode>20</errcode><errdetail/><message>Bad password</message></r>", "Bad password"),  # Quickbase
    ("<Error><Message>The consumer is unknown</Message><Code>7</Code></Error>", "consumer is unknown"),
    # Concur
    ("errcode=40125&errmsg=invalid+appsecret&access_token=", "invalid appsecret"),
    ({"error_response": {"code": 27, "msg": "Invalid session", "sub_code": "invalid-sessionkey"}},
     "Invalid session"),  # Taobao
    ({"data": {"captcha": "", "description": "Client key error", "error_code": 10003}, "message": "error"},
     "Client key error"),  # Douyin
    ({"header": {"code": "401", "message": "no such app"}, "data": None}, "no such app"),
    ({"meta": {"success": False, "message": "no such app"}, "data": {}}, "no such app"),
    ({"id": 1, "result": [{"status": {"code": -11, "message": "No permission"}, "url": "sys/login/user"}]},
     "No permission"),  # FortiManager
    ({"status": 503, "body": {}}, "503"),  # Withings
    ({"status": 0, "message": "wrong password"}, "wrong password"),
    ({"code": 1, "message": "wrong password", "data": None}, "wrong password"),
    ({"response": {"status": "ERROR", "error": {"message": "No such member"}}}, "No such member"),
    ('"Not authenticated."', "Not authenticated"),  # Eloqua
    ("Login failed", "Login failed"),
    ({"data": {"nextAction": "RETRY_LOGIN"}, "code": "390100", "message": "Wrong word", "success": False},
     "Wrong word"),  # Snowflake
    ({"errcode": 400, "description": "No such app", "description_cn": "x y", "data": None}, "No such app"),
    # Kingdee
    ({"returnCode": "500", "returnMsg": "No such app"}, "No such app"),
    ({"resultCode": "E001", "resultMessage": "No such app"}, "No such app"),
    ({"Result": "NG", "Message": "No such app"}, "No such app"),
    ({"hasError": True, "errorMsg": "No such app"}, "No such app"),
    ({"sucesso": False, "mensagem": "Senha errada"}, "Senha errada"),
    ({"erro": "Senha errada"}, "Senha errada"),
    ({"success": False, "errors": [{"type": "x", "messages": ["No such app"]}]}, "No such app"),
]  # fmt: skip
LOGIN = TokenLocation("body", "data.access_token")


@pytest.mark.parametrize(("body", "words"), ENVELOPES)
def test_an_error_with_a_status_of_success_is_a_refusal_in_the_servers_words(body, words):
    """A token endpoint and a login that answer 200 with an error and no token have refused."""
    text = body if isinstance(body, str) else json.dumps(body)
    response = TokenResponse(URL, 200, {}, text)
    for read, codes in (
        (
            lambda: read_token(response, ResponsePaths("data.access_token")),
            {"token_error_in_200", "invalid_client"},
        ),
        (lambda: read_session(response, LOGIN), {"login_refused"}),
    ):
        with pytest.raises(watchword.TokenError) as raised:
            read()
        assert raised.value.code in codes | ({"reply_not_token"} if text.startswith("errcode=") else set())
        assert words in json.dumps(raised.value.findings[0].as_dict()) or text.startswith("errcode=")


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "msg": "ok", "data": {"token": "t"}},
        {"code": 200, "message": "Success", "result": {"token": "t"}},
        {"code": 20000, "data": {"token": "t"}, "message": "done"}, {"status": "ok"},
        {"errcode": 0, "errmsg": "ok"},
        {"success": True, "token": "t"}, {"errors": [], "data": {}}, {"error": None, "id": 5},
        {"code": "0000"}, {}, {"status": 0, "message": "done"}, {"status": 200, "body": {}},
        {"code": 0, "data": {"code": 17, "status": "failed"}}, {"data": {"code": "Ab12", "id": 7}},
        {"header": {"code": 200, "message": "ok"}, "data": {"id": 5}}, {"error_response": None},
        {"result": [{"status": {"code": 0, "message": "OK"}}], "id": 1},
        {"user": {"id": 1}, "code": 17}, {"resultMessage": "done", "userInfo": {"id": 1}},
        {"erro": None, "id": 5},
        {"hasError": False, "errorMsg": "", "data": {"id": 1}}, {"sucesso": True, "mensagem": "pronto"},
    ],
)  # fmt: skip
def test_a_success_whose_token_is_elsewhere_is_no_refusal(body):
    """A code of success, or data beside the code, means that the path is wrong, and the fields are named."""
    assert not reports_refusal(content_of(json.dumps(body)))
    for read in (
        lambda: read_token(TokenResponse(URL, 200, {}, json.dumps(body)), ResponsePaths("a.b")),
        lambda: read_session(TokenResponse(URL, 200, {}, json.dumps(body)), TokenLocation("body", "a.b")),
    ):
        with pytest.raises(watchword.TokenError) as raised:
            read()
        assert raised.value.code == "token_field_missing"


WITHOUT_TOKEN = [
    ({"stateToken": "00s3cretTok", "status": "MFA_REQUIRED", "_embedded": {}}, "MFA_REQUIRED"),  # Okta
    ({"status": "LOCKED_OUT", "_links": {"next": {"href": "x"}}}, "LOCKED_OUT"),
    ({"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "AYABs3cret"}, "NEW_PASSWORD_REQUIRED"),  # Cognito
    ({"id": 5, "user": {"message": "Choose a tenant first"}}, "Choose a tenant first"),
    ({"code": 0, "user": 1, "message": "The token is Abs3cret0123456789."}, "The token is ***"),
    ({"code": "Abs3cret0", "message": "s3cretAb", "user": 1, "status": 17}, '"17"'),
    ({"key": "s3cret", "info": "s3cret", "state": "s3cret", "user": 1, "msg": "done"}, '"done"'),
    ({"data": {"name": "s3cret", "type": "s3cret", "x": 1, "reason": "TOO_OLD"}}, "TOO_OLD"),
    ("<r><key>s3cret</key><status>PENDING</status><x>1</x></r>", "PENDING"),
    ({"user": 1, "detail": "Confirm your address", "title": "s3cret"}, "Confirm your address"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "words"), WITHOUT_TOKEN)
def test_a_success_without_a_token_shows_the_servers_words_and_no_value_that_may_be_a_token(body, words):
    """Codes, states and sentences at known names are evidence; what may be a token is not."""
    response = TokenResponse(URL, 200, {}, body if isinstance(body, str) else json.dumps(body))
    for read in (
        lambda: read_token(response, ResponsePaths("a.b")),
        lambda: read_session(response, TokenLocation("body", "a.b")),
    ):
        with pytest.raises(watchword.TokenError) as raised:
            read()
        (found,) = raised.value.findings
        assert (found.code.name, found.evidence["status"]) == ("token_field_missing", "200")
        assert words in json.dumps(dict(found.evidence))
        assert "s3cret" not in str(found.as_dict())


def test_a_sentence_in_place_of_a_token_is_the_servers_refusal():
    """Casdoor answers 200 with its error as the access token; the words are shown, and nothing is sent."""
    body = {"access_token": "error: token is expired by 23m", "token_type": "Bearer", "expires_in": 0}
    with pytest.raises(watchword.TokenError) as raised:
        read_token(TokenResponse(URL, 200, {}, json.dumps(body)), ResponsePaths())
    assert raised.value.code == "token_error_in_200"
    assert "expired by 23m" in json.dumps(raised.value.findings[0].as_dict())


def test_a_script_around_an_error_is_read():
    """QQ answers with a call of a function, in which its error is; the status says success."""
    found = refused(200, 'callback( {"error":100016,"error_description":"token check failed"} );')
    assert (found.code.name, found.evidence["error_description"]) == (
        "token_error_in_200",
        "token check failed",
    )


FAULT = (
    "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><e:Fault><faultcode>{}</faultcode>"
    "<faultstring>{}</faultstring></e:Fault></e:Body></e:Envelope>"
)


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (500, FAULT.format("INVALID_LOGIN", "Invalid username"), "login_refused", "INVALID_LOGIN"),
        # Salesforce
        (500, FAULT.format("soap:Client", "No such key"), "login_refused", "No such key"),
        (500, FAULT.format("SOAP-ENV:Client.Auth", "x"), "login_refused", "Client.Auth"),
        (500, FAULT.format("soap:Server", "Deadlock"), "temporarily_unavailable", "Deadlock"),
        (500, FAULT.format("ns:Clients", "Busy"), "temporarily_unavailable", "Busy"),
        (503, FAULT.format("INVALID_LOGIN", "Invalid username"), "temporarily_unavailable", "INVALID_LOGIN"),
        (500, '{"status": "BUSY"}', "temporarily_unavailable", "BUSY"),
        (500, "<html>Invalid login</html>", "temporarily_unavailable", "500"),
    ],
)
def test_a_fault_that_blames_the_caller_is_a_refusal(status, body, code, words):
    """SOAP sends a refused login with the status 500; to try it again could lock the account."""
    with pytest.raises(watchword.TokenError) as raised:
        read_session(TokenResponse(URL, status, {}, body), LOGIN)
    (found,) = raised.value.findings
    assert (found.code.name, found.evidence["status"]) == (code, str(status))
    assert words in json.dumps(dict(found.evidence))


@pytest.mark.parametrize(
    ("target", "is_refused"),
    [
        ("/login?error", True), ("/login?error=bad&password=s3cret", True), ("/loginError", True),
        ("/auth/failed", True), ("/x?login_failed=1", True), ("/home", False), ("/home?error=0", False),
        ("/errors", False), ("/home?errors=1", False), ("http://[x", False),
    ],
)  # fmt: skip
def test_a_redirect_to_a_page_for_failed_logins_is_a_refusal(target, is_refused):
    """Spring and Jenkins set a cookie for a failed login too, and lead to a page that says so."""
    response = TokenResponse("https://a.test/do", 302, {"Location": target}, "", ("sid=x; Path=/",))
    location = TokenLocation("cookie", "sid")
    if not is_refused:
        assert read_session(response, location).access_token == "x"
        return
    with pytest.raises(watchword.TokenError) as raised:
        read_session(response, location)
    assert raised.value.code == "login_refused"
    assert "s3cret" not in str(raised.value)


def test_a_token_counts_more_than_a_code_beside_it():
    """A response with the token is a success, whatever code the API writes there."""
    token = read_token(TokenResponse(URL, 200, {}, '{"code": 20000, "data": {"access_token": "t"}}'),
                       ResponsePaths("data.access_token"))  # fmt: skip
    assert token.access_token == "t"
    assert read_session(TokenResponse(URL, 200, {}, '{"code": 17, "data": {"access_token": "t"}}'), LOGIN)


REDIRECTS = [
    ("https://auth.test/o/token/", "'https://auth.test/o/token/'", "Write the slash at the end of token_url"),
    ("/o/token/", "'https://auth.test/o/token/'", "Write the slash at the end of token_url"),
    ("/o/token/?code=s3cret", "'https://auth.test/o/token/'", "Write the slash"),
    (
        "https://joe:s3cret@other.test/x;jsessionid=s3cret?a=s3cret#s3cret",
        "'https://other.test/x'",
        "Check token_url",
    ),
    ("/login", "'https://auth.test/login'", "Check token_url"),
]


@pytest.mark.parametrize(("location", "target", "advice"), REDIRECTS)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_names_its_target_and_the_missing_slash(location, target, advice, status):
    """The target is shown without user, query and parameters, and nothing is sent there."""
    response = TokenResponse(URL, status, {"Location": location}, "<p>Moved</p>")
    for read, field in ((lambda: read_token(response, ResponsePaths()), "token_url"),
                        (lambda: read_session(response, LOGIN), "login_url")):  # fmt: skip
        with pytest.raises(watchword.TokenError) as raised:
            read()
        (found,) = raised.value.findings
        assert found.code.name == "reply_not_token"
        assert f"redirects to {target}" in found.message
        assert advice.replace("token_url", field) in found.advice
        assert "s3cret" not in str(found)


def test_the_other_slash_and_the_missing_encryption_are_named_too():
    """A URL with a slash too many, and one with http://, lead to their own advice."""
    for url, location, words in (
        ("https://a.test/token/", "/token", "Remove the slash"),
        ("http://a.test/token", "https://a.test/token", "Write token_url with https://."),
        ("https://a.test/token", "", "Check token_url"),
    ):
        with pytest.raises(watchword.TokenError) as raised:
            read_token(TokenResponse(url, 301, {"Location": location}, ""), ResponsePaths())
        assert words in raised.value.findings[0].advice


@pytest.mark.parametrize("path", ["token", "$.a.b", "access_token"])
def test_xml_without_a_path_is_said_plainly(path):
    """The finding says that XML came, which elements it has, and how to name one; no value is shown."""
    text = "<Access_Token><Url>u</Url><Token>s3cret-t</Token><User><Id>1</Id></User></Access_Token>"
    response = TokenResponse(URL, 200, {"Content-Type": "application/xml"}, text)
    for read in (
        lambda: read_token(response, ResponsePaths(path)),
        lambda: read_session(response, TokenLocation("body", path)),
    ):  # fmt: skip
        with pytest.raises(watchword.TokenError) as raised:
            read()
        (found,) = raised.value.findings
        assert found.code.name == "token_field_missing"
        assert "returned XML" in found.message
        assert "Access_Token.Token, Access_Token.User.Id" in found.message
        assert "//Token" in found.advice
        assert "s3cret" not in str(found)


@pytest.mark.parametrize("token", ["<error>denied</error>", '{"error":"denied"}', "<a/>", "[1]"])
def test_markup_or_json_in_place_of_a_token_is_worthless(token):
    """A text that is XML or JSON itself isn't taken for a token, although it could be sent in a header."""
    for read in (
        lambda: read_token(TokenResponse(URL, 200, {}, json.dumps({"access_token": token})), ResponsePaths()),
        lambda: read_session(
            TokenResponse(URL, 200, {}, json.dumps({"t": token})), TokenLocation("body", "t")
        ),
    ):  # fmt: skip
        with pytest.raises(watchword.TokenError) as raised:
            read()
        assert raised.value.code == "token_worthless"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text(8) | st.just("s3cret-refresh-0123"),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["error", "errors", "code", "msg", "data", "status", "errorType", "a", "ok",
         "access_token"]),
        inner, max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=usually(500, 10_000))
@given(content=JSON, status=st.sampled_from([200, 202, 301, 400, 401, 403, 404, 429, 500]),
       rules=st.dictionaries(st.sampled_from(["code", "$..a", "errors[0].code", "//a"]),
        any_text() | st.integers()))  # fmt: skip
def test_any_envelope_is_a_token_or_a_finding_without_a_secret(content, status, rules):
    """Whatever a server sends, a secret that was sent to it is shown nowhere."""
    with redact.masked(["s3cret-refresh-0123"]):
        paths = ResponsePaths(refresh="refresh_token", refused=BodyRules(rules))
        try:
            answer(status, content, paths)
        except watchword.TokenError as error:
            assert "s3cret-refresh-0123" not in json.dumps(error.findings[0].as_dict())
        found = content_of(json.dumps(content))
        assert all(
            "s3cret-refresh-0123" not in f"{name}{words}" for name, words in server_words(found).items()
        )
        assert dead_token_name(found) is None or len(dead_token_name(found)) < 60


BY_FIELD = [
    {"errors": {"client_id": ["The client is not registered."]}},
    {"title": "Unauthorized", "status": 401, "errors": {"client_id": ["The client is not registered."]}},
    {"ModelState": {"client_id": "The client is not registered."}},
    {"error": {"client_id": ["The client is not registered."]}},
]


@pytest.mark.parametrize("body", BY_FIELD)
def test_words_about_a_field_are_the_servers_words(body):
    """Laravel, Rails and ASP.NET put what is wrong under the name of the field at fault."""
    found = refused(400, body)
    assert found.code.name == "token_refused"
    assert "The client is not registered." in str(found.evidence)


def test_a_refresh_token_named_as_the_field_at_fault_is_dead():
    """`refresh_token` with `is invalid` under `errors` means what a sentence would say."""
    found = refused(422, {"errors": {"refresh_token": ["is invalid"]}})
    assert found.code.name == "invalid_grant"
    other = refused(422, {"errors": {"refresh_token": ["can't be blank"], "scope": ["is invalid"]}})
    assert other.code.name == "token_refused"


def test_a_sentence_in_another_script_is_shown():
    """Words without blanks are shown beside an empty token, and what looks like a token is masked."""
    said = {"Message": "用户名或密码错误", "MessageCode": "CheckPasswordPolicy", "LoginResultType": 0}
    found = refused(200, said | {"KDSVCSessionId": None, "Info": "错误s3cret0123456789"})
    assert found.evidence["Message"] == "用户名或密码错误"
    assert "s3cret" not in str(found)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><a><access_token>&b;</access_token></a>',
        '<?xml version="1.0"?>\n<!-- x --><!DOCTYPE a SYSTEM "a.dtd"><a/>',
    ],
)
def test_a_document_with_a_dtd_is_named(text):
    """XML with a DTD isn't read, and the finding says so; a page has one too, and is a page."""
    found = refused(200, text, headers={"Content-Type": "text/xml"})
    assert "with a DTD, which is not read," in found.message
    page = refused(200, "<!DOCTYPE html><p>Hello", headers={"Content-Type": "text/html"})
    assert "DTD" not in page.message


def test_words_for_a_wrong_secret_and_a_dead_token_alike_name_both():
    """ServiceNow says access_denied in both cases: the sign-in is kept, and the advice has both ways out."""
    found = refused(401, {"error": "access_denied", "error_description": "access_denied"})
    assert found.code.name == "access_denied"
    assert "check client_secret first, and then sign in again" in found.advice
