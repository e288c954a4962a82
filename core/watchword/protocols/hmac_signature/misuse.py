"""What is wrong with the templates of a signature, found before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from watchword import redact
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.placement import Slot, parse_slot
from watchword.protocols.hmac_signature.mac import SignatureType
from watchword.protocols.hmac_signature.parts import ADDRESS, BODY, OF_NONCE, OF_SIGNATURE, SECRET
from watchword.protocols.hmac_signature.signer import Parameter, parameters
from watchword.protocols.hmac_signature.template import LONGEST, MOST, Template
from watchword.protocols.hmac_signature.template_misuse import unknown, unsendable
from watchword.protocols.templates import TemplateSecrets
from watchword.redact.clear_secrets import has_known_form, is_random, is_secret

_TO_SIGN, _SENT = "string_to_sign", "signature_parameters"
_MOST_FINDINGS = 20
_FRESH: Mapping[str, tuple[str, ...]] = {"timestamp": ("timestamp",), "nonce": OF_NONCE}
"""The fresh values by the parts that send them, and the parts by which they are signed."""


def misuse(
    string_to_sign: str,
    templates: Mapping[str, str],
    key_id: str,
    secrets: TemplateSecrets,
    signature_type: SignatureType = "hmac",
) -> Iterator[Finding]:
    """Yield what is wrong or doubtful in what is signed and in what is sent, at most 20 findings."""
    found = _misuse(string_to_sign, templates, key_id, secrets, signature_type)
    return islice(found, _MOST_FINDINGS)


def _misuse(
    string_to_sign: str,
    templates: Mapping[str, str],
    key_id: str,
    secrets: TemplateSecrets,
    signature_type: SignatureType,
) -> Iterator[Finding]:
    if too_large := list(_sizes(string_to_sign, templates)):
        yield from too_large
        return
    to_sign, sent = Template.parse(string_to_sign), parameters(templates)
    yield from unknown(_TO_SIGN, to_sign, secrets)
    if any(has_known_form(text) or is_random(text) for text in to_sign.texts):
        yield finding("secret_in_clear", f"{_TO_SIGN} seems to hold a secret in clear.")
    for name, text in templates.items():
        yield from _entry(name, text)
        template = Template.parse(text)
        yield from unknown(_SENT, template, secrets)
        yield from unsendable(_SENT, template)
    if not string_to_sign.strip():
        yield finding("missing_field", f"The field {_TO_SIGN} is empty: it says what is signed.")
        return
    if signature_type == "hash" and not to_sign.has(SECRET):
        message = (
            f"signature_type is hash, and {_TO_SIGN} has no secret, so anybody could make the signature."
        )
        advice = "Write {{hmac_secret}} where the API's manual has the secret, or set signature_type to hmac."
        yield finding("signature_misdescribed", message, advice=advice)
    yield from _signed(to_sign, sent)
    yield from _sent(to_sign, sent)
    yield from _key_id(key_id, (to_sign, *(parameter.template for parameter in sent)))


def _sizes(string_to_sign: str, templates: Mapping[str, str]) -> Iterator[Finding]:
    if len(templates) > MOST:
        yield finding("wrong_type", f"{_SENT} has more than {MOST} entries.")
    for field, text in ((_TO_SIGN, string_to_sign), *((_SENT, text) for text in templates.values())):
        if len(text) > LONGEST:
            yield finding("wrong_type", f"A template in {field} is longer than {LONGEST} characters.")


def _entry(name: str, text: str) -> Iterator[Finding]:
    slot = parse_slot(name)
    if slot is None:
        message = f"The entry {name[:40]!r} of {_SENT} does not say where it goes."
        yield finding("parameter_malformed", message)
    elif (
        text
        and not Template.parse(text).parts
        and (redact.sounds_secret(slot.name) or is_secret(slot.name, text))
    ):
        message = f"{_SENT} seems to hold a secret in clear, as {name[:40]!r}."
        yield finding("secret_in_clear", message, advice="Put it into secret_parameters under this name.")


def _signed(to_sign: Template, sent: tuple[Parameter, ...]) -> Iterator[Finding]:
    if to_sign.has(*OF_SIGNATURE):
        message = f"{_TO_SIGN} has the signature, which is made of it."
        yield finding("signature_misdescribed", message, advice="Remove this part.")
    for parameter in sent:
        if parameter.is_signed and parameter.slot.place == "header" and _names(to_sign, parameter.slot):
            message = f"{_TO_SIGN} has the header {parameter.slot.name}, which holds the signature."
            yield finding("signature_misdescribed", message, advice="Remove this part.")
    if not [part for part in to_sign.parts if part.name not in {"key_id", "secret", SECRET}]:
        message = f"Nothing of the request is signed: {_TO_SIGN} is the same for each one."
        yield finding("signature_constant", message)


def _sent(to_sign: Template, sent: tuple[Parameter, ...]) -> Iterator[Finding]:
    """Find values that the API needs, and doesn't get."""
    if not any(parameter.is_signed for parameter in sent):
        message = f"The signature is not sent: no entry of {_SENT} has {{{{signature}}}}."
        advice = f'Add it to {_SENT}, such as "header:X-Signature": "{{{{signature}}}}".'
        yield finding("signature_misdescribed", message, advice=advice)
    for name, signed_as in _FRESH.items():
        carriers = [parameter for parameter in sent if parameter.template.has(name)]
        is_signed = to_sign.has(*signed_as)
        if is_signed and not carriers:
            message = f"The {name} is signed and not sent, so no server could verify the signature."
            advice = f'Add it to {_SENT}, such as "header:X-{name.title()}": "{{{{{name}}}}}".'
            yield finding("signature_misdescribed", message, advice=advice)
        elif carriers and not is_signed and not any(_covers(to_sign, each.slot) for each in carriers):
            message = f"The {name} is sent and not signed, so anybody could replace it."
            yield finding("signature_incomplete", message)
        elif carriers:
            yield from _other_times(name, to_sign, [each.template for each in carriers])


def _other_times(name: str, to_sign: Template, sent: list[Template]) -> Iterator[Finding]:
    """Find a time that is signed with another offset than it is sent with."""
    times = {str(part) for template in sent for part in template.parts if part.name == name}
    for part in dict.fromkeys(part for part in to_sign.parts if part.name == name):
        if str(part) not in times:
            message = (
                f"The part {{{{{part}}}}} is signed and not sent, so no server could verify the signature."
            )
            advice = f"Write the same part in {_TO_SIGN} and in {_SENT}."
            yield finding("signature_misdescribed", message, advice=advice)


def _covers(to_sign: Template, slot: Slot) -> bool:
    """Return whether a value in this place is among what is signed."""
    if slot.place == "query":
        return to_sign.has(*ADDRESS)
    if slot.place == "body":
        return to_sign.has(*BODY)
    return _names(to_sign, slot if slot.place == "header" else Slot("header", "Cookie"))


def _names(to_sign: Template, slot: Slot) -> bool:
    return any(part.name == "header" and part.argument.lower() == slot.name.lower() for part in to_sign.parts)


def _key_id(key_id: str, templates: Iterable[Template]) -> Iterator[Finding]:
    is_used = any(template.has("key_id", "basic_credentials") for template in templates)
    if is_used and not key_id:
        yield finding("missing_field", "The field key_id is empty, and a template has it.")
    elif key_id and not is_used:
        message = "The field key_id is stored and not sent: no template has {{key_id}}."
        yield finding("fields_ignored", message, advice="Add it to signature_parameters, or clear it.")
