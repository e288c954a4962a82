"""Sign a request: place what is signed, fill in the template, and place the signature; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote, unquote

from requests import PreparedRequest

from watchword import redact
from watchword.flow import Context
from watchword.http.echoes import SIGNATURES
from watchword.http.form_bodies import append_to_form, require_form
from watchword.http.placement import Slot, parse_slot, put
from watchword.http.urls import normalized, with_query, without_pairs
from watchword.protocols.hmac_signature.fresh_values import NonceFormat, TimestampFormat, nonce, timestamp
from watchword.protocols.hmac_signature.mac import Mac
from watchword.protocols.hmac_signature.parts import (
    CONDITIONS,
    HMAC,
    OF_NONCE,
    OF_SIGNATURE,
    SECRET,
    Values,
)
from watchword.protocols.hmac_signature.template import Section, Template
from watchword.redact import NeverPickled

_LASTING = frozenset({"secret", SECRET, "key_id"})
"""The parts that are the same in each request."""

_ORDER = ("body", "query", "cookie", "header")
"""The order in which values are placed: a header may hold the hash of the body."""


class Parameter(NamedTuple):
    """A value that each request carries: its place, and the template of it."""

    slot: Slot
    template: Template

    @property
    def is_signed(self) -> bool:
        """Whether the value holds the signature, so that it is placed last."""
        return self.template.has(*OF_SIGNATURE)

    @property
    def is_optional(self) -> bool:
        """Whether the value is one section with a condition: it is not sent unless that holds."""
        sections = self.template.sections
        return self.template.pieces == sections and bool(sections) and sections[0].name in CONDITIONS

    @property
    def proofs(self) -> Iterator[Section]:
        """The sections that hold a signature or a secret in another form."""
        for section in self.template.sections:
            holds_secret = section.content.has(*OF_SIGNATURE, "secret", SECRET)
            if section.name == HMAC or (holds_secret and section.name not in CONDITIONS):
                yield section


@dataclass(frozen=True)
class Forms:
    """How the fresh values of a signature are written."""

    timestamp: TimestampFormat = "seconds"
    nonce: NonceFormat = "uuid"


def parameters(templates: Mapping[str, str]) -> tuple[Parameter, ...]:
    """Return what each request carries; a name that says no place is left out, which lint finds."""
    placed = ((parse_slot(name), Template.parse(text)) for name, text in templates.items())
    found = [Parameter(slot, template) for slot, template in placed if slot is not None]
    return tuple(sorted(found, key=lambda parameter: _ORDER.index(parameter.slot.place)))


@dataclass(frozen=True)
class Signer(NeverPickled):
    """Signs requests for one key; `string_to_sign` is the template of what is signed."""

    mac: Mac
    key_id: str
    string_to_sign: Template
    parameters: tuple[Parameter, ...]
    forms: Forms
    _masked: set[str] = field(default_factory=set, repr=False)

    def sign(self, request: PreparedRequest, context: Context) -> None:
        """Sign the request in place: what is signed is what is sent, byte by byte.

        Raises:
            RequestError: the body can't take a parameter, or is signed and can't be read twice.
        """
        request.url = normalized(request.url or "")
        if self._query_names:
            request.url = without_pairs(request.url, self._is_ours)
        if self._form_parameter:
            require_form(request, f"the body parameter {self._form_parameter!r}")
        values = self._values(request, context)
        for parameter in self._unsigned:
            _place(request, parameter, values)
        signature = self.signature(values)
        values = replace(values, signature=signature)
        for parameter in self._signed:
            _place(request, parameter, values, last=True)
        proofs = self._proofs_in(values) if self._proofs else ()
        vars(request)[SIGNATURES] = (signature, *(form(values) for form in self._other_forms), *proofs)

    def signature(self, values: Values) -> str:
        """Return the signature of a request whose other values are placed."""
        return self.mac.signature(values.chunks(self.string_to_sign))

    def _values(self, request: PreparedRequest, context: Context) -> Values:
        now = context.now()
        return Values(
            request,
            self.key_id,
            self.mac,
            lambda offset: timestamp(self.forms.timestamp, now + offset),
            nonce(self.forms.nonce, context) if self._has_nonce else "",
            context.template_secrets,
        )

    def _proofs_in(self, values: Values) -> list[str]:
        """Return the proofs of a request; those that are the same in each request are masked."""
        found = []
        for section in self._proofs:
            text = values.text(Template((section,)))
            found.append(text)
            if text not in self._masked and all(part.name in _LASTING for part in section.content.parts):
                redact.register([text], self)
                self._masked.add(text)
        return found

    def _is_ours(self, pair: str) -> bool:
        """Return whether a pair of a URL is one that signing adds: a `next` link may repeat the last one."""
        return unquote(pair.partition("=")[0]) in self._query_names

    @cached_property
    def _query_names(self) -> frozenset[str]:
        return frozenset(slot.name for slot, _ in self.parameters if slot.place == "query")

    @cached_property
    def _has_nonce(self) -> bool:
        templates = (self.string_to_sign, *(template for _, template in self.parameters))
        return any(template.has(*OF_NONCE) for template in templates)

    @cached_property
    def _other_forms(self) -> tuple[Callable[[Values], str], ...]:
        """The forms in which the signature is sent beside its own, which echoes are searched for too."""
        forms: Mapping[str, Callable[[Values], str]] = {
            "basic_credentials": lambda values: values.basic_credentials,
            "signature_encoded": lambda values: values.signature_encoded,
        }
        sent = [parameter.template for parameter in self._signed]
        return tuple(form for name, form in forms.items() if any(each.has(name) for each in sent))

    @cached_property
    def _proofs(self) -> tuple[Section, ...]:
        return tuple(proof for parameter in self.parameters for proof in parameter.proofs)

    @cached_property
    def _unsigned(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if not parameter.is_signed)

    @cached_property
    def _signed(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.is_signed)

    @cached_property
    def _form_parameter(self) -> str:
        """The name of the form's parameter that holds the signature; "" if it is elsewhere."""
        return next((parameter.slot.name for parameter in self._signed if parameter.slot.place == "body"), "")


def _place(request: PreparedRequest, parameter: Parameter, values: Values, *, last: bool = False) -> None:
    """Write a value into the request; a `last` one changes nothing before it, since that is signed."""
    slot, value = parameter.slot, values.text(parameter.template)
    if not value and parameter.is_optional:
        return
    if slot.place == "query":
        request.url = with_query(request.url or "", _pair(slot.name, value))
    elif slot.place == "body" and last:
        append_to_form(request, _pair(slot.name, value))
    else:
        put(request, slot, value)


def _pair(name: str, value: str) -> str:
    return f"{quote(name, safe='')}={quote(value, safe='')}"
