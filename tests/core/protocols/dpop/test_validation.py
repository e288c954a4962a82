"""What a validation says of a token that is bound to a key, and of an API that wants one."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import jwt
import pytest

import watchword
from tests.support.dpop import in_base64url

CLIENT = "Basic " + b64encode(b"client-1:s3cret-client-0123456789abcdef").decode()


def validated(document, test_url=None, **fields):
    return watchword.load({**document, **fields}, name="acme").validate(test_url, timeout=20)


def test_a_token_proves_the_client_if_an_invented_one_gets_none(server, document):
    """The invented client proves a key of its own, and is refused for its name alone."""
    server.client = CLIENT
    report = validated(document)
    assert (report.verdict.value, report.deciding.code.name) == ("valid", "token_obtained")
    assert (server.refused, len(server.proofs)) == ([], 2)


def test_the_decoy_is_another_token_with_a_proof_of_the_same_key(server, document):
    """An API that looks at the token refuses it although its proof is right."""
    server.client = CLIENT
    report = validated(document, "/v1/rows")
    assert (report.verdict.value, report.deciding.code.name) == ("valid", "authenticated")
    calls = [seen for seen in server.seen if seen.path == "/v1/rows"]
    real, decoy, none = (seen.headers.get("Authorization", "").partition(" ")[2] for seen in calls[:3])
    hashes = [in_base64url(hashlib.sha256(token.encode()).digest()) for token in (real, decoy)]
    proofs = [jwt.decode(seen.headers["DPoP"], options={"verify_signature": False}) for seen in calls[:2]]
    keys = {str(jwt.get_unverified_header(seen.headers["DPoP"])["jwk"]) for seen in calls[:2]}
    assert [proof["ath"] for proof in proofs] == hashes
    assert (len(keys), real != decoy, none, "DPoP" in calls[2].headers) == (1, True, "", False)


def test_an_api_that_looks_at_the_proof_alone_proves_nothing(serve, reply, server, document):
    """If any token passes with a proof of the key, the answer doesn't depend on the token."""
    server.client = CLIENT
    api = serve(lambda seen: reply(200 if "DPoP" in seen.headers else 401, {"rows": [1, 2]}))
    report = validated(document, "/v1/rows", base_url=api.url)
    assert report.deciding.code.name == "any_credential_accepted"


@pytest.mark.parametrize(
    ("challenge", "date", "code"),
    [
        ('DPoP error="invalid_dpop_proof"', None, "dpop_proof_refused"),
        ('Bearer, DPoP algs="ES256", error=use_dpop_nonce', None, "dpop_proof_refused"),
        ('DPoP error="invalid_dpop_proof"', "Mon, 01 Jan 2001 00:00:00 GMT", "clock_skew"),
        ('DPoP error="invalid_token"', None, "unauthorized_401"),
        ("DPoP", None, "unauthorized_401"),
    ],
)
def test_a_refused_proof_is_told_from_a_refused_token(serve, reply, server, document, challenge, date, code):
    """The finding says that the proof was refused, and that the clock is the cause if it is wrong."""
    headers = {"WWW-Authenticate": challenge, **({"Date": date} if date else {})}
    api = serve(reply(401, None, headers))
    report = validated(document, "/v1/rows", base_url=api.url)
    assert (report.verdict.value, report.deciding.code.name) == ("invalid", code)


@pytest.mark.parametrize(
    ("challenge", "is_offered"),
    [
        ('DPoP algs="ES256 RS256"', True),
        ('DPoP realm="x", error="invalid_dpop_proof"', True),
        ('Bearer realm="x", DPoP algs="ES256"', False),
        ('DPoP algs="ES256", Bearer', False),
        ('Bearer error="invalid_token"', False),
        ('Basic realm="dpop"', False),
    ],
)
def test_an_api_that_takes_only_bound_tokens_leads_to_dpop(serve, reply, document, challenge, is_offered):
    """Without dpop in the document the advice is to set it, unless the API takes other tokens too."""

    def answer(seen):
        if seen.path == "/token":
            return reply(200, {"access_token": "s3cret-plain", "token_type": "Bearer"})
        return reply(401, None, {"WWW-Authenticate": challenge})

    api = serve(answer)
    fields = {"base_url": api.url, "token_url": f"{api.url}/token", "dpop": False}
    deciding = validated(document, "/v1/rows", **fields).deciding
    assert (deciding.code.name == "dpop_proof_refused") is is_offered
    assert ("Set dpop to true" in deciding.advice) is is_offered


def test_a_token_endpoint_that_wants_a_proof_leads_to_dpop(serve, reply, document):
    """Okta's refusal ends in a finding with its words, and with the advice to set dpop."""
    refusal = {"error": "invalid_dpop_proof", "error_description": "The DPoP proof JWT header is missing."}
    server = serve(reply(400, refusal))
    deciding = validated(document, token_url=f"{server.url}/token", dpop=False).deciding
    assert (deciding.code.name, "set it to true" in deciding.advice) == ("invalid_dpop_proof", True)
    assert deciding.evidence["error_description"] == refusal["error_description"]
