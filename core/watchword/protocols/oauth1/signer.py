"""Sign a request and add the protocol parameters to it (RFC 5849 sections 3.1 and 3.5); no network."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from requests import PreparedRequest

from watchword.flow import Context
from watchword.http.body_chunks import body_chunks
from watchword.http.form_bodies import append_to_form, require_form
from watchword.http.headers import FORM, media_type, text_of
from watchword.http.urls import normalized, with_query, without_pairs
from watchword.protocols.oauth1.signature import (
    HashName,
    Pair,
    Sign,
    base_string,
    base_string_uri,
    escape,
    form_pairs,
)
from watchword.redact import NeverPickled

AddTo: TypeAlias = Literal["header", "query", "body"]

PROTOCOL_PARAMETERS = (
    "oauth_body_hash",
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_token",
    "oauth_version",
)
"""The parameters that a signature may add to a request; the connection decides which."""

_PROTOCOL_NAMES = frozenset(PROTOCOL_PARAMETERS)


@dataclass(frozen=True)
class SignatureMethod(NeverPickled):
    """A signature method with its key; `hash_name` is None for a method without a hash."""

    name: str
    sign: Sign = field(repr=False)
    hash_name: HashName | None = None


@dataclass(frozen=True)
class Signer(NeverPickled):
    """Signs requests for one client and token; the parameters that never change are computed once.

    Without a `token` it signs for the client alone. `body_hash` says whether bodies other than forms
    are signed too, by their hash (OAuth Request Body Hash).
    """

    algorithm: SignatureMethod
    consumer_key: str
    token: str = field(default="", repr=False)
    add_to: AddTo = "header"
    realm: str = ""
    body_hash: bool = False

    def sign(self, request: PreparedRequest, context: Context) -> None:
        """Sign the request in place.

        Raises:
            RequestError: the body can't take the parameters, or can't be read twice.
        """
        request.url = normalized(request.url or "")
        if self.add_to == "body":
            require_form(request, "the OAuth parameters")
        elif self.add_to == "query":
            request.url = _without_protocol_parameters(request.url or "")
        protocol = [*self._fixed, *self._fresh(context)]
        if media_type(request.headers) == FORM and request.body is not None:
            signed = form_pairs(b"".join(body_chunks(request)))
        else:
            signed = []
            if self.body_hash and self.algorithm.hash_name:
                protocol.append(("oauth_body_hash", _hash(request, self.algorithm.hash_name)))
        url = request.url or ""
        query = url.partition("#")[0].partition("?")[2]
        if query:
            signed += form_pairs(query.encode())
        uri = base_string_uri(url, text_of(request.headers.get("Host")))
        text = base_string(request.method or "", uri, signed + protocol)
        protocol.append(("oauth_signature", escape(self.algorithm.sign(text))))
        self._put(request, protocol)

    @cached_property
    def _fixed(self) -> tuple[Pair, ...]:
        token = (("oauth_token", escape(self.token)),) if self.token else ()
        return (
            ("oauth_consumer_key", escape(self.consumer_key)),
            *token,
            ("oauth_signature_method", self.algorithm.name),
            ("oauth_version", "1.0"),
        )

    @cached_property
    def _lead(self) -> str:
        if not self.realm:
            return "OAuth "
        quoted = self.realm.replace("\\", "\\\\").replace('"', '\\"')  # RFC 9110 section 5.6.4
        return f'OAuth realm="{quoted}", '

    @staticmethod
    def _fresh(context: Context) -> tuple[Pair, Pair]:
        return ("oauth_nonce", escape(context.nonce())), ("oauth_timestamp", str(int(context.now())))

    def _put(self, request: PreparedRequest, protocol: list[Pair]) -> None:
        if self.add_to == "header":
            content = ", ".join([f'{name}="{value}"' for name, value in protocol])
            request.headers["Authorization"] = self._lead + content
            return
        added = "&".join([f"{name}={value}" for name, value in protocol])
        if self.add_to == "query":
            request.url = with_query(request.url or "", added)
            return
        append_to_form(request, added)


def _without_protocol_parameters(url: str) -> str:
    """Return the URL without protocol parameters: a `next` link may repeat those of the previous request."""
    return without_pairs(url, lambda pair: pair.partition("=")[0] in _PROTOCOL_NAMES)


def _hash(request: PreparedRequest, hash_name: HashName) -> str:
    digest = hashlib.new(hash_name)
    for chunk in body_chunks(request):
        digest.update(chunk)
    return escape(b64encode(digest.digest()))
