"""What a refused call of an extraction means: no second call is made, and nothing is validated."""

from __future__ import annotations

from dataclasses import replace

from watchword.adapters.refused_call import RefusedCall
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import body_words
from watchword.http.bodies import decoded
from watchword.methods.base import Method
from watchword.validation import clock_skew
from watchword.validation import response_meaning as meaning
from watchword.validation.probe_response import ProbeResponse

_LARGEST_BODY = 1 << 16

_OF_THE_CALL = frozenset(
    {"not_found_404", "method_not_allowed_405", "unsupported_media_415", "unexpected_status"}
)
"""What says nothing about the credential, but that the call itself is wrong; the advice is for test URLs."""

_CREDENTIAL_STATUSES = frozenset({400, 401, 403})

_FORBIDDEN_ADVICE = (
    "Ask the provider for the missing permission or scope; validate the connection to see whether the "
    "credential itself is good."
)


def explain(method: Method, call: RefusedCall) -> Finding | None:
    """Return why a call was refused, as far as one response tells; None if it isn't about the credential."""
    text = decoded(call.body[:_LARGEST_BODY], call.charset)
    response = ProbeResponse(call.url, call.status, call.headers, text, received=call.received)
    explanation = method.explain(call.status, call.headers, text)
    if method.depends_on_time and call.status in _CREDENTIAL_STATUSES:
        explanation = clock_skew.reason(call.headers, call.received) or explanation
    if explanation:
        return replace(explanation, evidence={**response.evidence(), **explanation.evidence})
    refusal = meaning.refusal(response)
    if refusal is None:
        return None
    name = refusal.code.name
    if name == "forbidden_403":
        return _forbidden(response, refusal)
    if name in _OF_THE_CALL and not body_words.reads_as_refusal(text):
        return None
    advice = method.unauthorized_advice if name == "unauthorized_401" else ""
    return replace(refusal, advice=advice) if advice else refusal


def _forbidden(response: ProbeResponse, refusal: Finding) -> Finding:
    if not meaning.says_insufficient_scope(response):
        return replace(refusal, advice=_FORBIDDEN_ADVICE)
    message = "The credential is accepted, but may not make this call (403)."
    advice = "Ask the provider for the missing permission or scope."
    return finding("forbidden_403", message, advice=advice, evidence=response.evidence())
