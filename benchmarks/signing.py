"""The cost of authenticating one request, compared with the libraries in use today.

For watchword this is the whole path through the signing transport, with the origin check and the response;
only the socket is replaced. For the peers it is their auth object on a copy of the same request. Compare the
ratios, not the microseconds.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from hmac import new as hmac_of
from types import SimpleNamespace
from typing import TypeAlias

import clients
import jwt
import requests
from authlib.integrations.requests_client import OAuth1Auth, OAuth2Auth
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from harness import Comparison, compare, draw, show
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests_aws4auth import AWS4Auth
from requests_oauthlib import OAuth1, OAuth2

import watchword
from watchword.tokens.local_tokens import LocalTokens
from watchword.tokens.token import Token

BASE = "https://api.example.com"
TOKEN = {"access_token": "an-access-token", "token_type": "Bearer"}
CLIENT = {"token_url": f"{BASE}/token", "client_id": "client", "client_secret": "a-client-secret"}
OAUTH1 = {"consumer_key": "ck", "consumer_secret": "cs", "access_token": "at", "token_secret": "ts"}
AWS = {
    "region": "eu-central-1",
    "service": "execute-api",
    "access_key": "AKIDEXAMPLE",
    "secret_key": "wJalrXU",
}
PEM = (
    rsa.generate_private_key(65537, 2048)
    .private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    .decode()
)
REQUEST = requests.Request("GET", f"{BASE}/v1/orders", params={"page": 2}).prepare()

Run: TypeAlias = Callable[[], object]


def main() -> None:
    """Measure everything in one run, print the tables and draw the chart."""
    HTTPAdapter.send = respond  # type: ignore[method-assign] # replaces the socket
    comparisons = [fixed(), aws(), presigned(), hmac(), own_hmac(), rsa_signed(), json_web_token()]
    comparisons += clients.comparisons()
    for comparison in comparisons:
        show(comparison)
    draw(comparisons)


def fixed() -> Comparison:
    """Credentials that don't change, and tokens in memory. The floor is the least possible work."""

    def floor() -> object:
        signed = REQUEST.copy()
        signed.headers["X-API-Key"] = "an-api-key"
        return signed

    contenders: dict[str, Run] = {
        "floor: copy, set one header": floor,
        "watchword none": ours(method="none"),
        "watchword api_key": ours(method="api_key", api_key="an-api-key"),
        "watchword bearer": ours(method="bearer", bearer_token="a-bearer-token"),
        "watchword basic": ours(method="basic", username="ann", password="a-password"),
        "watchword oauth2, token held": ours(method="oauth2_client_credentials", **CLIENT),
        "watchword jwt_bearer, token held": ours(method="jwt_bearer", algorithm="RS256", jwt_secret=PEM),
        "requests HTTPBasicAuth": peer(HTTPBasicAuth("ann", "a-password")),
        "requests-oauthlib OAuth2": peer(OAuth2(token=TOKEN)),
        "Authlib OAuth2Auth": peer(OAuth2Auth(TOKEN)),
    }
    return compare("a credential at hand", contenders)


def aws() -> Comparison:
    """AWS Signature Version 4 in the header."""
    credentials = Credentials(AWS["access_key"], AWS["secret_key"])
    auth = SigV4Auth(credentials, AWS["service"], AWS["region"])
    contenders = {
        "watchword aws_sigv4": ours(method="aws_sigv4", **AWS),
        "requests-aws4auth": peer(
            AWS4Auth(AWS["access_key"], AWS["secret_key"], AWS["region"], AWS["service"])
        ),
        "botocore SigV4Auth": lambda: auth.add_auth(aws_request()),
    }
    return compare("AWS, header", contenders)


def presigned() -> Comparison:
    """AWS Signature Version 4 in the query."""
    credentials = Credentials(AWS["access_key"], AWS["secret_key"])
    auth = SigV4QueryAuth(credentials, AWS["service"], AWS["region"], expires=900)
    contenders = {
        "watchword aws_sigv4, presigned": ours(method="aws_sigv4", add_to="query", **AWS),
        "botocore SigV4QueryAuth": lambda: auth.add_auth(aws_request()),
    }
    return compare("AWS, presigned", contenders)


def hmac() -> Comparison:
    """OAuth 1.0 with HMAC-SHA1."""
    contenders = {
        "watchword oauth1": ours(method="oauth1", **OAUTH1),
        "requests-oauthlib OAuth1": peer(OAuth1("ck", "cs", "at", "ts")),
        "Authlib OAuth1Auth": peer(OAuth1Auth("ck", "cs", "at", "ts")),
    }
    return compare("OAuth 1.0, HMAC-SHA1", contenders)


def own_hmac() -> Comparison:
    """An API's own signature, as Coinbase Exchange describes it, beside code for this API alone."""
    key = b"a-secret-of-the-exchange"
    document = {
        "key_id": "key",
        "hmac_secret": b64encode(key).decode(),
        "key_encoding": "base64",
        "signature_encoding": "base64",
        "string_to_sign": "{{timestamp}}{{method}}{{path_and_query}}{{body}}",
        "signature_parameters": {
            "header:CB-ACCESS-KEY": "{{key_id}}",
            "header:CB-ACCESS-TIMESTAMP": "{{timestamp}}",
            "header:CB-ACCESS-SIGN": "{{signature}}",
        },
    }

    def by_hand() -> object:
        signed, now = REQUEST.copy(), str(int(time.time()))
        message = f"{now}{signed.method}{signed.path_url}".encode() + (signed.body or b"")
        signature = b64encode(hmac_of(key, message, "sha256").digest()).decode()
        signed.headers.update(
            {"CB-ACCESS-KEY": "key", "CB-ACCESS-TIMESTAMP": now, "CB-ACCESS-SIGN": signature}
        )
        return signed

    contenders = {
        "watchword hmac_signature": ours(method="hmac_signature", **document),
        "written by hand": by_hand,
    }
    return compare("HMAC by a template", contenders)


def rsa_signed() -> Comparison:
    """OAuth 1.0 with RSA-SHA1."""
    document = {"consumer_key": "ck", "access_token": "at", "token_secret": "ts", "private_key": PEM}
    theirs = OAuth1("ck", None, "at", "ts", signature_method="RSA-SHA1", rsa_key=PEM)
    contenders = {
        "watchword oauth1, RSA": ours(method="oauth1", signature_method="RSA-SHA1", **document),
        "requests-oauthlib OAuth1, RSA": peer(theirs),
    }
    return compare("OAuth 1.0, RSA-SHA1", contenders)


def json_web_token() -> Comparison:
    """A JWT with RS256, signed for each request."""
    claims = {"iss": "client", "aud": "api", "iat": 1_700_000_000, "exp": 1_700_000_300}
    fresh = {
        "algorithm": "RS256",
        "jwt_secret": PEM,
        "payload": {"iss": "client", "aud": "api"},
        "lifetime": 0,
    }

    def theirs() -> object:
        signed = REQUEST.copy()
        signed.headers["Authorization"] = f"Bearer {jwt.encode(claims, PEM, algorithm='RS256')}"
        return signed

    contenders = {
        "watchword jwt_bearer, each request": ours(method="jwt_bearer", **fresh),
        "PyJWT, given a PEM": theirs,
    }
    return compare("JWT, RS256", contenders)


def aws_request() -> AWSRequest:
    """Return the same request as botocore's type."""
    return AWSRequest(REQUEST.method, REQUEST.url, headers=REQUEST.headers)


def peer(auth: Callable[[requests.PreparedRequest], object]) -> Run:
    """Return a call of a library's auth object on a copy of the request."""
    return lambda: auth(REQUEST.copy())


RESPONSE = requests.Response()
RESPONSE.status_code = 200
RESPONSE.raw = SimpleNamespace()


def respond(*_: object, **__: object) -> requests.Response:
    """Return a response in place of the socket."""
    return RESPONSE


def ours(**document: object) -> Run:
    """Return a send through watchword's transport."""
    connection = watchword.load({"base_url": BASE, **document})
    if connection.document.method.token_is_proof and connection.credential.token_cache:
        provider = LocalTokens(lambda: Token("an-access-token", lifetime=3600))
        connection.credential.token_cache._provider = provider  # noqa: SLF001 - no network
    adapter = connection.adapter()
    return lambda: adapter.send(REQUEST)


if __name__ == "__main__":
    main()
