"""What oauthlib asks of a server for OAuth 1.0 (RFC 5849), answered from the state of one playground."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit

from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from oauthlib.oauth1 import RequestValidator  # type: ignore[import-untyped]

from watchword_playground.credentials import Fields, accounts, same
from watchword_playground.keys import RSA_KEY
from watchword_playground.libraries import needed
from watchword_playground.refusals import REALM, REALM_NAME, unauthorized
from watchword_playground.state import SignIn, State

METHOD = "oauth1"
OUT_OF_BAND = "oob"

needed("jwt")  # oauthlib verifies RSA signatures with it

# oauthlib logs what is signed at DEBUG, and that holds the access token.
logging.getLogger("oauthlib.oauth1.rfc5849.signature").setLevel(logging.INFO)


class Validator(RequestValidator):  # type: ignore[misc]  # oauthlib ships no types
    """The accounts, tokens and nonces; oauthlib's defaults allow all seven ways to sign, and 600 seconds."""

    enforce_ssl = False
    realms = tuple(REALM_NAME.split())
    # oauthlib goes on with these to the end, so that the time says nothing about what was wrong.
    dummy_client = dummy_request_token = dummy_access_token = ""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.nonce_is_new = True

    def check_client_key(self, text: str) -> bool:
        """Take any text: oauthlib's own rules know letters and digits only."""
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
        """Accept each nonce once, and remember when it was the nonce that was wrong."""
        del request
        name = (METHOD, client_key, request_token or access_token, timestamp, nonce)
        self.nonce_is_new = self._state.used_once.keep(name, value=True)
        return self.nonce_is_new

    def validate_client_key(self, client_key: str, request: OAuthRequest) -> bool:
        """Know both accounts, and RSA only of the one that has a key."""
        account = _account(client_key)
        return bool(account) and ("private_key" in account or not request.signature_method.startswith("RSA"))

    def get_client_secret(self, client_key: str, request: OAuthRequest) -> str:
        """Return the secret that HMAC and PLAINTEXT are made with."""
        del request
        return str(_account(client_key).get("consumer_secret", ""))

    def get_rsa_key(self, client_key: str, request: OAuthRequest) -> str:
        """Return the public key; it is asked for even when there is no such client."""
        del request
        return _public_key(_account(client_key).get("private_key", RSA_KEY))

    def validate_access_token(self, client_key: str, token: str, request: OAuthRequest) -> bool:
        """Accept the published token of the account, and those issued in a sign-in."""
        del request
        return self._access_token(client_key, token) is not None

    def get_access_token_secret(self, client_key: str, token: str, request: OAuthRequest) -> str:
        """Return the secret that belongs to an access token."""
        del request
        found = self._access_token(client_key, token)
        return found.secret if found else ""

    def validate_realms(
        self,
        client_key: str,
        token: str,
        request: OAuthRequest,
        uri: str | None = None,
        realms: Sequence[str] | None = None,
    ) -> bool:
        """Accept the realm of the challenge, or none; only the header can name one."""
        del client_key, token, uri, realms
        return "realm=" not in request.headers.get("Authorization", "") or request.realm == REALM_NAME

    def get_default_realms(self, client_key: str, request: OAuthRequest) -> Sequence[str]:
        """Begin a sign-in for no realm in particular."""
        del client_key, request
        return ()

    get_realms = get_default_realms

    def validate_requested_realms(
        self, client_key: str, realms: Sequence[str], request: OAuthRequest
    ) -> bool:
        """Let a client ask for every realm that there is."""
        del client_key, realms, request
        return True

    def validate_redirect_uri(self, client_key: str, redirect_uri: str, request: OAuthRequest) -> bool:
        """Send the verifier to a web address, or show it on the page."""
        del client_key, request
        return redirect_uri == OUT_OF_BAND or urlsplit(redirect_uri).scheme in ("http", "https")

    def save_request_token(self, token: Mapping[str, str], request: OAuthRequest) -> None:
        """Remember that a sign-in has begun."""
        begun = SignIn(request.client_key, token["oauth_token_secret"], request.redirect_uri)
        self._state.request_tokens.keep(token["oauth_token"], begun)

    def verify_request_token(self, token: str, request: OAuthRequest) -> bool:
        """Tell whether a sign-in has begun with this token."""
        del request
        return self._state.request_tokens.find(token) is not None

    def get_redirect_uri(self, token: str, request: OAuthRequest) -> str:
        """Return where the verifier is to be sent."""
        del request
        begun = self._state.request_tokens.find(token)
        return begun.callback if begun else OUT_OF_BAND

    def save_verifier(self, token: str, verifier: Mapping[str, str], request: OAuthRequest) -> None:
        """Remember that the user allowed it."""
        del request
        begun = self._state.request_tokens.find(token)
        if begun:
            self._state.request_tokens.keep(token, begun._replace(verifier=verifier["oauth_verifier"]))

    def validate_request_token(self, client_key: str, token: str, request: OAuthRequest) -> bool:
        """Accept a request token from the client that it was issued to."""
        del request
        begun = self._state.request_tokens.find(token)
        return begun is not None and begun.consumer_key == client_key

    def get_request_token_secret(self, client_key: str, token: str, request: OAuthRequest) -> str:
        """Return the secret that belongs to a request token."""
        del client_key, request
        begun = self._state.request_tokens.find(token)
        return begun.secret if begun else ""

    def validate_verifier(self, client_key: str, token: str, verifier: str, request: OAuthRequest) -> bool:
        """Accept the verifier that the user's consent has brought forth."""
        del client_key, request
        begun = self._state.request_tokens.find(token)
        return begun is not None and bool(begun.verifier) and same(verifier, begun.verifier)

    def save_access_token(self, token: Mapping[str, str], request: OAuthRequest) -> None:
        """Remember the token that a sign-in ends with."""
        issued = SignIn(request.client_key, token["oauth_token_secret"])
        self._state.access_tokens.keep(token["oauth_token"], issued)

    def invalidate_request_token(self, client_key: str, request_token: str, request: OAuthRequest) -> None:
        """Let a request token be exchanged once."""
        del client_key, request
        self._state.request_tokens.forget(request_token)

    def _access_token(self, client_key: str, token: str) -> SignIn | None:
        account = _account(client_key)
        if account and same(token, account["access_token"]):
            return SignIn(client_key, account["token_secret"])
        issued = self._state.access_tokens.find(token)
        return issued if issued is not None and issued.consumer_key == client_key else None


@contextmanager
def readable() -> Iterator[None]:
    """Refuse the headers and signatures that oauthlib can't parse, and raises on."""
    try:
        yield
    except ValueError:
        challenge = f'OAuth {REALM}, oauth_problem="parameter_rejected"'
        raise unauthorized(METHOD, "the signature can't be read", challenge) from None


def _account(consumer_key: str) -> Fields:
    """Return the account's fields, none for an unknown key."""
    return next((each for each in accounts(METHOD) if each["consumer_key"] == consumer_key), {})


@cache
def _public_key(private_key: str) -> str:
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 -- slow to import

    public = form.load_pem_private_key(private_key.encode(), None).public_key()
    return public.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo).decode()
