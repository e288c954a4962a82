"""`hmac_signature`: requests signed by HMAC or a plain hash, in a way that the API has designed itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, ClassVar

from requests import PreparedRequest

from watchword import redact
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.flow import Context, Flow
from watchword.http import headers
from watchword.http.placement import Slot
from watchword.methods.base import Method
from watchword.methods.field_info import Field
from watchword.methods.fields import About, Section, TextMapping
from watchword.protocols.hmac_signature.fresh_values import NonceFormat, TimestampFormat
from watchword.protocols.hmac_signature.mac import HashAlgorithm, Mac, SignatureEncoding, SignatureType
from watchword.protocols.hmac_signature.misuse import misuse
from watchword.protocols.hmac_signature.signer import Forms, Parameter, Signer, parameters
from watchword.protocols.hmac_signature.template import Template
from watchword.protocols.secret_encoding import SecretEncoding
from watchword.protocols.templates import TemplateSecrets

_HMAC = Section.HMAC


class HmacSignature(Method):
    """Sign each request by HMAC or a hash over a template of its parts; templates say how that is sent."""

    method: ClassVar[str] = "hmac_signature"
    title: ClassVar[str] = "HMAC signature by a template"
    essentials: ClassVar[tuple[str, ...]] = (
        "base_url",
        "key_id",
        "hmac_secret",
        "key_encoding",
        "string_to_sign",
        "signature_parameters",
        "hash_algorithm",
        "signature_encoding",
        "timestamp_format",
        "test_url",
    )
    unauthorized_advice: ClassVar[str] = (
        "Compare string_to_sign with the API's manual, then hmac_secret and key_encoding, signature_type, "
        "hash_algorithm, signature_encoding and timestamp_format."
    )
    depends_on_time: ClassVar[bool] = True

    key_id: Annotated[
        str, About("Key ID", "The public name of the secret, for {{key_id}} in the templates.", _HMAC)
    ] = ""
    hmac_secret: Annotated[str, About("HMAC secret", "The secret that signs.", _HMAC, secret=True)]
    key_encoding: Annotated[
        SecretEncoding, About("Encoding of the secret", "How the HMAC secret is written.", Section.JWT)
    ] = "utf8"
    string_to_sign: Annotated[
        str,
        About(
            "String to sign",
            r"The template of what is signed, such as {{method}}\n{{url}}\n{{body}}\n{{timestamp}}.",
            _HMAC,
            multiline=True,
            templated=True,
        ),
    ]
    signature_parameters: Annotated[
        TextMapping,
        About(
            "Signature parameters",
            "JSON: what each request carries, by its place, such as "
            '{"header:X-Signature": "{{signature}}", "header:X-Timestamp": "{{timestamp}}"}.',
            _HMAC,
            templated=True,
        ),
    ] = Field(default_factory=dict)
    signature_type: Annotated[
        SignatureType,
        About(
            "Signature type",
            "hmac, or hash for APIs that hash a text with {{hmac_secret}} in it.",
            _HMAC,
        ),
    ] = "hmac"
    hash_algorithm: Annotated[
        HashAlgorithm, About("Hash algorithm", "The hash function of the signature.", _HMAC)
    ] = "SHA256"
    signature_encoding: Annotated[
        SignatureEncoding,
        About(
            "Signature encoding",
            "How the signature is written; HEX has upper case, hex_base64 is base64 of the hex digits.",
            _HMAC,
        ),
    ] = "hex"
    timestamp_format: Annotated[
        TimestampFormat,
        About("Timestamp format", "How {{timestamp}} is written; numbers count from 1970.", _HMAC),
    ] = "seconds"
    nonce_format: Annotated[
        NonceFormat,
        About("Nonce format", "How {{nonce}} is made; increasing is the time in microseconds.", _HMAC),
    ] = "uuid"

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Sign the request and send it."""
        self._signer.sign(request, context)
        yield request

    def placements(self) -> tuple[Slot, ...]:
        """The places of the signature and of what is sent with it."""
        return tuple(parameter.slot for parameter in self._parameters)

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the secret, what is signed, and what is sent."""
        if self.hmac_secret.strip():  # lint has a finding for an empty one
            try:
                self._key  # noqa: B018 - reads it
            except DocumentError as error:
                yield from error.findings
        try:
            Mac(b"key", self.signature_type, self.hash_algorithm).signature(())
        except ValueError:
            what = "HMAC with" if self.signature_type == "hmac" else "signatures by a plain"
            message = f"This machine forbids {what} {self.hash_algorithm}."
            advice = "Ask the provider for another hash_algorithm, or the administrator to allow this one."
            yield finding("key_unsuitable", message, advice=advice)
        yield from headers.value_findings(self.key_id, "the field key_id")
        templates = (self.string_to_sign, self.signature_parameters)
        yield from misuse(*templates, self.key_id, secrets, self.signature_type)

    @cached_property
    def _parameters(self) -> tuple[Parameter, ...]:
        return parameters(self.signature_parameters)

    @cached_property
    def _key(self) -> bytes:
        from watchword.protocols.keys import read_secret  # noqa: PLC0415 - a document is often only read

        return read_secret(self.hmac_secret, self.key_encoding)

    @cached_property
    def _signer(self) -> Signer:
        signed = [
            parameter.slot for parameter in self._parameters if parameter.is_signed or any(parameter.proofs)
        ]
        redact.mask_parameters([slot.name for slot in signed if slot.place in {"query", "body"}])
        mac = Mac(self._key, self.signature_type, self.hash_algorithm, self.signature_encoding)
        forms = Forms(self.timestamp_format, self.nonce_format)
        to_sign = Template.parse(self.string_to_sign)
        return Signer(mac, self.key_id, to_sign, self._parameters, forms)
