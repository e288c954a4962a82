"""What a comparison of answers means for the credential: one finding for each case, no I/O.

The contrast decides. The words of a body only make a verdict more careful.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from watchword.findings.codes import finding
from watchword.findings.evidence import quote
from watchword.findings.finding import Finding
from watchword.http import body_words
from watchword.validation.contrast import Dependence
from watchword.validation.contrasting import Comparison
from watchword.validation.probe_response import ProbeResponse

_PROOFS = frozenset({Dependence.PROVEN, Dependence.OPTIONAL})

_SAME = frozenset({Dependence.ANY_ACCEPTED, Dependence.NOT_NEEDED})

_CODES: Mapping[Dependence, str] = {
    Dependence.PROVEN: "authenticated",
    Dependence.OPTIONAL: "authenticated",
    Dependence.ONLY_NEEDED: "decoy_skipped",
    Dependence.ANY_ACCEPTED: "any_credential_accepted",
    Dependence.NOT_NEEDED: "auth_not_required",
    Dependence.UNCLEAR: "contrast_unclear",
    Dependence.UNAVAILABLE: "contrast_unavailable",
    Dependence.NOT_COMPARED: "counterfactual_skipped",
}

_UNCLEAR = (
    "Further calls with the credential were made, and they don't show that the difference is a refusal: "
    "an answer of another structure may be another answer of the same kind."
)

_UNSEEN = (
    "The body says that the credential is missing, although it was sent: the API expects it at another "
    "place, or has nothing at this URL."
)

UNAUTHORIZED = 401


def judged(
    comparison: Comparison, problem: Finding | None, response: ProbeResponse, expected: Collection[int]
) -> Finding:
    """Return the finding on an answer that isn't refused by its status.

    `problem` is what the words of its body say against it, None for nothing.
    """
    depends = comparison.depends
    if depends in _SAME and _is_refused(response, depends):
        message = f"The API answered {comparison}, and the body is a refusal."
        code = "refused_in_200_body" if response.succeeded else "credential_refused_4xx"
        return finding(code, message, evidence=response.evidence())
    if problem and not (depends in _PROOFS and _is_outweighed(problem, comparison, response)):
        return problem if depends not in _PROOFS else _in_doubt(problem, comparison, response)
    code = _CODES[depends]
    if code == "authenticated" and expected:
        code = "expected_status_matched"
    is_proof = depends in {*_PROOFS, Dependence.ONLY_NEEDED}  # the report of a success quotes no data
    evidence = {} if is_proof else response.evidence()
    why = f" {_UNCLEAR}" if depends is Dependence.UNCLEAR else ""
    return finding(code, f"The API answered {comparison}.{why}", evidence=evidence)


def _is_refused(response: ProbeResponse, depends: Dependence) -> bool:
    """Return whether an answer that a wrong credential gets too reads as a refusal of the credential.

    A web page that everybody gets is not the API's refusal: a proxy or a firewall may have made it.
    """
    if response.is_page and depends is Dependence.NOT_NEEDED:
        return False
    if body_words.reads_as_refusal(response.text):
        return True
    return depends is Dependence.ANY_ACCEPTED and body_words.reports_failure(response.text)


def _is_outweighed(problem: Finding, comparison: Comparison, response: ProbeResponse) -> bool:
    """Return whether data only reads like a refusal: a wrong credential gets another status.

    A page is data only if the API doesn't refuse in JSON, and a report is never data.
    """
    decoy = comparison.contrast.decoy
    if decoy is None or decoy.status == response.status:
        return False
    if problem.code.name == "unexpected_content_type":
        return not (decoy.structure.kind.startswith("json") or "json" in decoy.content_type)
    return problem.code.name == "error_in_200_body" and not _is_report(response)


def _is_report(response: ProbeResponse) -> bool:
    """Return whether a body is nothing but a report of an error, of a refusal, or of nothing."""
    if response.report:
        return True
    return not response.text.lstrip().startswith("<") and body_words.is_only_error(response.text)


def _in_doubt(problem: Finding, comparison: Comparison, response: ProbeResponse) -> Finding:
    """Return the refusal that an error states, or a doubt if only words say it and the status contradicts."""
    decoy = comparison.contrast.decoy
    has_other_status = decoy is not None and decoy.status != response.status
    if problem.code.name == "error_in_200_body" or not has_other_status:
        return problem
    has_fields = response.text.lstrip().startswith(("{", "[", "<"))
    states_error = has_fields and body_words.complaint(response.text) is not None and bool(response.report)
    is_certain = states_error or response.stated.report == "refusal"
    if problem.code.name == "refused_in_200_body" and is_certain:
        return problem
    return finding(
        "contrast_unclear",
        f"The API answered {comparison}. {problem.message}",
        evidence=dict(problem.evidence),
    )


def judged_forbidden(problem: Finding, response: ProbeResponse, comparison: Comparison) -> Finding:
    """Tell a good credential that lacks the right from a bad one: many APIs answer both with a 403.

    A decoy decides. Without one, words about rights count if the API answers 401 to a call without the
    credential, since it tells the two cases apart then.
    """
    real, (decoy, none, *_) = comparison.real, comparison.contrast
    refused_by_words = problem.code.name == "credential_refused_403"
    message = f"The API answered {comparison}."
    if decoy is None:
        tells_apart = none is not None and none.status == UNAUTHORIZED
        about_rights = tells_apart and body_words.is_about_rights(response.text) and not refused_by_words
        return limited(response, str(comparison)) if about_rights else problem
    if not decoy.is_comparable:
        return problem
    if real.is_like(decoy):
        is_told_apart = none is not None and none.is_comparable and not real.is_like(none)
        about_rights = body_words.is_about_rights(response.text)
        is_unseen = none is not None and real.is_like(none) and body_words.says_missing(response.text)
        is_wrong = (refused_by_words and not is_unseen) or (is_told_apart and not about_rights)
        code = "credential_refused_403" if is_wrong else "forbidden_403"
        why = f" {_UNSEEN}" if is_unseen else ""
        return finding(code, f"{message}{why}", evidence=response.evidence())
    if refused_by_words:
        return problem
    if not decoy.problem:
        return finding("forbidden_403", f"{message} {problem.message}", evidence=response.evidence())
    return limited(response, str(comparison))


def limited(response: ProbeResponse, why: str) -> Finding:
    """Return the finding on a credential that is accepted, and may not make this call."""
    message = quote(f"The credential is accepted, but may not make this call: {why}.")
    return finding("authenticated_but_forbidden", message, evidence=response.evidence())


def judged_token(comparison: Comparison) -> Finding:
    """Return the finding on a token that was issued."""
    decoy = comparison.contrast.decoy
    if decoy is None or not decoy.is_comparable:
        reason = decoy.problem if decoy else "not asked"
        message = (
            f"The token endpoint issued a token, and didn't answer a client that doesn't exist: "
            f"{reason}{comparison.age}."
        )
        return finding("contrast_unavailable", message)
    if not decoy.problem:
        message = f"The token endpoint issues a token to a client that doesn't exist too{comparison.age}."
        return finding("issues_to_anyone", message)
    message = (
        f"The token endpoint issued a new token, and refuses a client that doesn't exist{comparison.age}."
    )
    return replace(finding("token_obtained", message), evidence={"wrong client": decoy.problem})
