"""oauthlib's request validator for OAuth 1.0 (RFC 5849), on the state of one playground."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit

from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from oauthlib.oauth1 import RequestValidator  # type: ignore[import-untyped]

from watchword_playground.credentials import Fields, accounts, same
from watchword_playground.http.refusals import REALM, REALM_NAME, unauthorized
from watchword_playground.keys import RSA_KEY
from watchword_playground.libraries import require_library
from watchword_playground.state.state import OAuth1Token, State

METHOD = "oauth1"
OUT_OF_BAND = "oob"

require_library("jwt")  # oauthlib verifies RSA signatures with it

# oauthlib logs the signature base string, which contains the access token, at DEBUG.
logging.getLogger("oauthlib.oauth1.rfc5849.signature").setLevel(logging.INFO)


class OAuth1Validator(RequestValidator):  # type: ignore[misc]  # oauthlib ships no types
    """Accounts, tokens and nonces. oauthlib's defaults allow all seven signature methods and 600 seconds."""

    enforce_ssl = False
    realms = tuple(REALM_NAME.split())
    # oauthlib verifies these in place of unknown ones, so that the time doesn't reveal which part was wrong.
    dummy_client = dummy_request_token = dummy_access_token = ""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.nonce_is_new = True

    def check_client_key(self, text: str) -> bool:
        """Accept any text: oauthlib's own rules accept letters and digits only."""
        return bool(text)

    check_request_token = check_access_token = check_nonce = check_verifier = check_client_key

    def validate_timestamp_and_nonce(  # noqa: PLR0913, PLR0917 -- oauthlib's signature
        self,
        client_key: str,
        timestamp: str,
        nonce: str,
        request: OAuthRequest,
        request_token: str | None = None,
        access_token: str | None = None,
    ) -> bool:
        """Accept each nonce once. `nonce_is_new` tells whether the nonce was the problem."""
        del request
        name = (METHOD, client_key, request_token or access_token, timestamp, nonce)
        self.nonce_is_new = self._state.used_once.add(name, value=True)
        return self.nonce_is_new

    def validate_client_key(self, client_key: str, request: OAuthRequest) -> bool:
        """Accept both accounts. Only the one that has a key can sign with RSA."""
        account = _account(client_key)
        return bool(account) and ("private_key" in account or not request.signature_method.startswith("RSA"))

    def get_client_secret(self, client_key: str, request: OAuthRequest) -> str:
        """Return the client secret for HMAC and PLAINTEXT."""
        del request
        return str(_account(client_key).get("consumer_secret", ""))

    def get_rsa_key(self, client_key: str, request: OAuthRequest) -> str:
        """Return the public key. oauthlib asks for one even if the client is unknown."""
        del request
        return _public_key(_account(client_key).get("private_key", RSA_KEY))

    def validate_access_token(self, client_key: str, token: str, request: OAuthRequest) -> bool:
        """Accept the published token of the account and the tokens of its sign-ins."""
        del request
        return self._access_token(client_key, token) is not None

    def get_access_token_secret(self, client_key: str, token: str, request: OAuthRequest) -> str:
        """Return the secret of an access token, "" for an unknown one."""
        del request
        access_token = self._access_token(client_key, token)
        return access_token.secret if access_token else ""

    def validate_realms(
        self,
        client_key: str,
        token: str,
        request: OAuthRequest,
        uri: str | None = None,
        realms: Sequence[str] | None = None,
    ) -> bool:
        """Accept the realm of the challenge or no realm. Only the header can name one."""
        del client_key, token, uri, realms
        return "realm=" not in request.headers.get("Authorization", "") or request.realm == REALM_NAME

    def get_default_realms(self, client_key: str, request: OAuthRequest) -> Sequence[str]:
        """Begin a sign-in without a realm."""
        del client_key, request
        return ()

    get_realms = get_default_realms

    def validate_requested_realms(
        self, client_key: str, realms: Sequence[str], request: OAuthRequest
    ) -> bool:
        """Let a client request any realm."""
        del client_key, realms, request
        return True

    def validate_redirect_uri(self, client_key: str, redirect_uri: str, request: OAuthRequest) -> bool:
        """Accept a web address to send the verifier to, or "oob" to show it on the page."""
        del client_key, request
        return redirect_uri == OUT_OF_BAND or urlsplit(redirect_uri).scheme in ("http", "https")

    def save_request_token(self, token: Mapping[str, str], request: OAuthRequest) -> None:
        """Remember that a sign-in has request_token."""
        request_token = OAuth1Token(request.client_key, token["oauth_token_secret"], request.redirect_uri)
        self._state.request_tokens.add(token["oauth_token"], request_token)

    def verify_request_token(self, token: str, request: OAuthRequest) -> bool:
        """Return whether a sign-in has begun with this token."""
        del request
        return self._state.request_tokens.get(token) is not None

    def get_redirect_uri(self, token: str, request: OAuthRequest) -> str:
        """Return the address that the verifier is sent to."""
        del request
        request_token = self._state.request_tokens.get(token)
        return request_token.callback if request_token else OUT_OF_BAND

    def save_verifier(self, token: str, verifier: Mapping[str, str], request: OAuthRequest) -> None:
        """Remember the verifier: the user has allowed the sign-in."""
        del request
        request_token = self._state.request_tokens.get(token)
        if request_token:
            self._state.request_tokens.add(token, request_token._replace(verifier=verifier["oauth_verifier"]))

    def validate_request_token(self, client_key: str, token: str, request: OAuthRequest) -> bool:
        """Accept a request token from the client that it was issued to."""
        del request
        request_token = self._state.request_tokens.get(token)
        return request_token is not None and request_token.consumer_key == client_key

    def get_request_token_secret(self, client_key: str, token: str, request: OAuthRequest) -> str:
        """Return the secret of a request token, "" for an unknown one."""
        del client_key, request
        request_token = self._state.request_tokens.get(token)
        return request_token.secret if request_token else ""

    def validate_verifier(self, client_key: str, token: str, verifier: str, request: OAuthRequest) -> bool:
        """Accept the verifier that was issued when the user allowed the sign-in."""
        del client_key, request
        request_token = self._state.request_tokens.get(token)
        return (
            request_token is not None
            and bool(request_token.verifier)
            and same(verifier, request_token.verifier)
        )

    def save_access_token(self, token: Mapping[str, str], request: OAuthRequest) -> None:
        """Remember the access token at the end of a sign-in."""
        access_token = OAuth1Token(request.client_key, token["oauth_token_secret"])
        self._state.access_tokens.add(token["oauth_token"], access_token)

    def invalidate_request_token(self, client_key: str, request_token: str, request: OAuthRequest) -> None:
        """Forget a request token: it can be exchanged once."""
        del client_key, request
        self._state.request_tokens.forget(request_token)

    def _access_token(self, client_key: str, token: str) -> OAuth1Token | None:
        account = _account(client_key)
        if account and same(token, account["access_token"]):
            return OAuth1Token(client_key, account["token_secret"])
        issued = self._state.access_tokens.get(token)
        return issued if issued is not None and issued.consumer_key == client_key else None


@contextmanager
def refuse_unreadable() -> Iterator[None]:
    """Answer 401 to headers and signatures that oauthlib can't parse: it raises ValueError."""
    try:
        yield
    except ValueError:
        challenge = f'OAuth {REALM}, oauth_problem="parameter_rejected"'
        raise unauthorized(METHOD, "the signature can't be read", challenge) from None


def _account(consumer_key: str) -> Fields:
    """Return the account's fields, {} for an unknown key."""
    return next((each for each in accounts(METHOD) if each["consumer_key"] == consumer_key), {})


@cache
def _public_key(private_key: str) -> str:
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 -- slow to import

    public = form.load_pem_private_key(private_key.encode(), None).public_key()
    return public.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo).decode()
