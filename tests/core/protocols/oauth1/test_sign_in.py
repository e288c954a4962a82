"""The sign-in in three steps, against oauthlib's endpoints on a real server."""

from __future__ import annotations

import logging
import traceback

import pytest

import watchword
from watchword import redact
from watchword.sign_in.authorization_response import LONGEST_URL
from watchword.sign_in.oauth1 import SignIn, begin, finish, verifier_from

CALLBACK = "http://127.0.0.1:1/back?state=1"


def refused(call, *arguments):
    """Return the error that a call raises."""
    with pytest.raises(watchword.TokenError) as error:
        call(*arguments)
    return error.value


@pytest.fixture
def connection(provider):
    return watchword.load(provider.document())


@pytest.mark.parametrize("signature_method", ["HMAC-SHA1", "HMAC-SHA512", "RSA-SHA256", "PLAINTEXT"])
@pytest.mark.parametrize("callback", [CALLBACK, "oob"])
def test_a_token_comes_of_it_that_the_api_accepts(provider, rsa_key, signature_method, callback):
    """After temporary credentials and the user's consent, the API accepts requests with the issued token."""
    rsa = {"private_key": rsa_key.private} if signature_method.startswith("RSA") else {}
    document = provider.document(signature_method=signature_method, **rsa)
    made = watchword.load(document)
    sign_in = begin(made, callback)
    assert sign_in.authorize_url.startswith(f"{provider.url}/authorize?oauth_token=t0ken%2B%2F")
    answer = provider.visit(sign_in.authorize_url)
    verifier = verifier_from(answer if callback != "oob" else f"?{answer}", sign_in)
    token = finish(made, sign_in, verifier)
    fields = {"access_token": token.access_token, "token_secret": token.token_secret}
    with watchword.load(document | fields).session() as api:
        assert api.get("/v1/me").status_code == 200


@pytest.mark.parametrize("add_to", ["query", "body"])
def test_the_parameters_go_where_the_connection_sends_them(provider, add_to):
    """The sign-in signs like the connection: in header, query or body, with or without a realm."""
    made = watchword.load(provider.document(add_to=add_to))
    sign_in = begin(made)
    verifier = verifier_from(f"?{provider.visit(sign_in.authorize_url)}", sign_in)
    assert finish(made, sign_in, verifier).access_token


def test_an_old_token_is_no_part_of_it(provider, signed_in):
    """A connection with a token signs in without using that token."""
    made = watchword.load(provider.document(**signed_in))
    begin(made)
    assert "oauth_token=" not in provider.server.seen[0].headers["Authorization"]


def test_urls_keep_their_own_parameters(provider):
    """A query in a sign-in URL is kept and signed, and the token is added to it before a fragment."""
    urls = {
        "request_token_url": f"{provider.url}/request?scope=read+write",
        "authorize_url": f"{provider.url}/authorize?perms=a%20b#top",
    }
    sign_in = begin(watchword.load(provider.document(**urls)))
    assert provider.server.seen[0].path == "/request?scope=read+write"
    assert sign_in.authorize_url.startswith(f"{provider.url}/authorize?perms=a%20b&oauth_token=t0ken")
    assert sign_in.authorize_url.endswith("#top")


def test_nothing_secret_is_shown(provider, connection, caplog):
    """Temporary credentials, verifier and token are masked, and appear in no repr and no DEBUG log."""
    caplog.set_level(logging.CRITICAL, "oauthlib")  # the test's own server
    caplog.set_level(logging.DEBUG)
    made = watchword.load(provider.document(add_to="query"))
    sign_in = begin(made, CALLBACK)
    assert redact.text(f"{sign_in.token} {sign_in.token_secret}") == "*** ***"
    verifier = verifier_from(provider.visit(sign_in.authorize_url), sign_in)
    token = finish(made, sign_in, verifier)
    secrets = [sign_in.token, sign_in.token_secret, verifier, token.access_token, token.token_secret]
    assert not any(secret in f"{sign_in!r} {token!r}" for secret in secrets)
    assert redact.text(" ".join(secrets)) == "*** *** *** *** ***"
    lines = [record.getMessage() for record in caplog.records if "/authorize" not in record.getMessage()]
    assert any("/exchange" in line for line in lines)
    assert not any(form in line for line in lines for form in redact.known())


def test_a_redirected_url_that_is_too_long_is_refused():
    """A URL longer than servers and browsers take is a finding, and isn't taken apart."""
    sign_in = SignIn("https://a.test/authorize", "t0ken", "s3cret")
    url = f"{CALLBACK}&oauth_token=t0ken&oauth_verifier={'v' * LONGEST_URL}"
    assert "has more than" in str(refused(verifier_from, url, sign_in))


def test_a_wrong_verifier_is_refused(provider, connection):
    """A guessed verifier is refused, and so is a second exchange of the same sign-in."""
    sign_in = begin(connection)
    verifier = verifier_from(f"?{provider.visit(sign_in.authorize_url)}", sign_in)
    assert refused(finish, connection, sign_in, "a-guess").code == "sign_in_refused"
    finish(connection, sign_in, verifier)
    assert refused(finish, connection, sign_in, verifier).code == "sign_in_refused"


def test_expired_temporary_credentials_are_refused(provider, connection):
    """A sign-in that the provider no longer knows is a refusal with its status."""
    sign_in = begin(connection)
    verifier = verifier_from(f"?{provider.visit(sign_in.authorize_url)}", sign_in)
    provider.book.temporary.clear()
    error = refused(finish, connection, sign_in, verifier)
    assert error.code == "sign_in_refused"
    assert error.findings[0].evidence["status"] == "401"
    assert not error.retryable


def test_a_user_who_refuses(provider, connection):
    """A redirect after a refusal is reported as a refusal."""
    provider.refuses = True
    sign_in = begin(connection, CALLBACK)
    assert "has refused" in str(refused(verifier_from, provider.visit(sign_in.authorize_url), sign_in))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?denied={token}", "has refused"),
        ("?oauth_token={token}&oauth_problem=user_refused", "user_refused"),
        ("?oauth_token=another&oauth_verifier=v", "another sign-in"),
        ("?oauth_verifier=v", "another sign-in"),
        ("?oauth_token={token}", "no oauth_verifier"),
        ("?oauth_token={token}&oauth_verifier=", "no oauth_verifier"),
        ("", "another sign-in"),
        ("http://[", "another sign-in"),
    ],
)
def test_a_redirect_that_is_none_of_ours(connection, query, words):
    """A refusal, another sign-in's token and a missing verifier are told apart."""
    sign_in = begin(connection)
    error = refused(verifier_from, query.format(token=sign_in.token.replace("+", "%2B")), sign_in)
    assert error.code == "sign_in_refused"
    assert words in str(error)


def test_an_unknown_consumer_is_refused(provider):
    """An unknown consumer key or a wrong secret is refused in the first step."""
    for wrong in ({"consumer_key": "another"}, {"consumer_secret": "s3cret-wrong"}):
        error = refused(begin, watchword.load(provider.document(**wrong)))
        assert error.code == "sign_in_refused"
        assert f"request_token_url at 127.0.0.1:{provider.server.port}" in str(error)
        assert "s3cret" not in str(error)


def test_a_server_that_does_not_confirm_the_callback_is_not_trusted(provider, connection):
    """A server without oauth_callback_confirmed is refused: before revision A, a sign-in can be stolen."""
    provider.book.confirms = False
    error = refused(begin, connection)
    assert error.code == "token_field_missing"
    assert "1.0a" in str(error)


TOKEN = "oauth_token=t0ken&oauth_token_secret=s3cret&oauth_callback_confirmed=true"

ANSWERS = [
    (200, "", {}, "reply_not_token"),
    (200, "<html>sign in</html>", {}, "reply_not_token"),
    (200, '{"oauth_token": "t0ken"}', {}, "token_field_missing"),
    (200, "oauth_token=&oauth_token_secret=x", {}, "token_field_missing"),
    (200, "oauth_token=t0ken", {}, "token_field_missing"),
    (200, "oauth_problem=signature_invalid", {}, "sign_in_refused"),
    (302, "", {"Location": "/elsewhere"}, "reply_not_token"),
    (307, TOKEN, {"Location": "/elsewhere"}, "reply_not_token"),
    (400, "oauth_problem=timestamp_refused&oauth_acceptable_timestamps=1-2", {}, "sign_in_refused"),
    (401, "Failed to validate oauth signature and token", {}, "sign_in_refused"),
    (403, "<html>no</html>", {}, "sign_in_refused"),
    (404, "", {}, "token_endpoint_not_found"),
    (404, "oauth_problem=token_rejected", {}, "sign_in_refused"),
    (429, "", {"Retry-After": "7"}, "temporarily_unavailable"),
    (503, "", {"Retry-After": "7"}, "temporarily_unavailable"),
]


@pytest.mark.parametrize("step", ["request", "exchange"])
@pytest.mark.parametrize(("status", "body", "headers", "code"), ANSWERS)
def test_every_other_answer_is_a_typed_error(provider, connection, reply, step, status, body, headers, code):
    """Any response other than a token has its code and names the step, in both steps."""
    sign_in = begin(connection) if step == "exchange" else None
    provider.answers[f"/{step}"] = reply(status, body, headers)
    error = refused(finish, connection, sign_in, "v") if sign_in else refused(begin, connection)
    assert error.code == code
    assert {"request": "request_token_url", "exchange": "access_token_url"}[step] in str(error)
    assert error.retryable == (code == "temporarily_unavailable")
    assert error.findings[0].retry_after == (7 if "Retry-After" in headers else None)
    assert [seen.path for seen in provider.server.seen if seen.path == "/elsewhere"] == []


def test_what_the_server_says_is_evidence(provider, connection, reply):
    """A problem report in header or body, or plain text, is shown, but repeated secrets are not."""
    said = 'OAuth realm="x", oauth_problem="timestamp_refused", oauth_problem_advice="set%20it"'
    provider.answers["/request"] = reply(401, "", {"WWW-Authenticate": said})
    evidence = refused(begin, connection).findings[0].evidence
    assert evidence == {
        "status": "401",
        "oauth_problem": "timestamp_refused",
        "oauth_problem_advice": "set it",
    }
    provider.answers["/request"] = reply(
        401, "oauth_problem=parameter_absent&oauth_parameters_absent=oauth_token"
    )
    assert refused(begin, connection).findings[0].evidence["oauth_parameters_absent"] == "oauth_token"
    provider.answers["/request"] = reply(401, f"no: {provider.document()['consumer_secret']}")
    assert refused(begin, connection).findings[0].evidence["answer"] == "no: ***"


def test_an_endless_answer_is_cut_off(provider, connection, reply):
    """A response of megabytes is cut off, and its server is named."""
    provider.answers["/request"] = reply(200, TOKEN + "x" * (1 << 20))
    assert refused(begin, connection).code == "reply_not_token"


def test_a_server_that_is_down_or_silent_is_a_passing_fault(provider, reply):
    """A server that is down or silent is a network finding that can be retried, without a secret."""
    down = watchword.load(provider.document(request_token_url="http://127.0.0.1:9/request"))
    error = refused(begin, down)
    assert (error.code, error.retryable) == ("connect_refused", True)
    assert "s3cret" not in "".join(traceback.format_exception(error))
    provider.answers["/request"] = reply(200, TOKEN, delay=20)
    error = refused(begin, watchword.load(provider.document(timeout=0.2)))
    assert (error.code, error.retryable) == ("read_timeout", True)


def test_the_transport_options_are_the_connection_s(serve, reply, tls, ca_bundle):
    """Certificates are verified, with the connection's CA bundle."""
    server = serve(reply(200, TOKEN), tls)
    document = {
        "base_url": server.url, "method": "oauth1", "consumer_key": "c", "consumer_secret": "s3cret",
        "request_token_url": f"{server.url}/request",
        "authorize_url": f"{server.url}/authorize",
        "access_token_url": f"{server.url}/exchange",
    }  # fmt: skip
    assert refused(begin, watchword.load(document)).code == "tls_untrusted"
    assert begin(watchword.load(document | {"ca_bundle": ca_bundle})).token == "t0ken"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"method": "oauth1", "consumer_key": "c", "consumer_secret": "s3cret"}, "missing_field"),
        ({"method": "oauth1", "consumer_key": "c"}, "missing_field"),
        ({"method": "basic", "username": "ann"}, "unknown_method"),
    ],
)
def test_a_document_that_can_t_sign_in(document, code):
    """A sign-in is refused without URLs, with errors in the document, or for another method."""
    with pytest.raises(watchword.DocumentError) as error:
        begin(watchword.load({"base_url": "https://a.test", **document}))
    assert error.value.code == code
