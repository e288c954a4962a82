"""What a validation calls: the one value that hosts and commands hand on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from watchword.http.urls import is_relative, joined

if TYPE_CHECKING:
    from watchword.document.reading import Document

T = TypeVar("T")

VALIDATION_TIMEOUT = 10.0
"""Longest wait for each call of a validation, in seconds, if neither plan nor document sets one."""


@dataclass(frozen=True)
class ValidationPlan:
    """What a validation calls, and what counts as success.

    Args:
        test_url: URL of a harmless call that needs the credential; one that begins with / or ?, or whose
            first part can't be a host, joins the base URL. The document's own if left out; OAuth client
            credentials need none.
        http_method: the call's verb; only a GET or a HEAD is repeated.
        expected_status: the statuses that mean success; any 2xx if left out.
        counterfactual: whether the call is repeated with a wrong credential and without any, to see whether
            the answer depends on the credential.
        timeout: longest wait for each call, in seconds; the document's own if left out, otherwise 10.
        decoy: whether a wrong credential is tried; the document's own `decoy` if left out. The login of
            `oauth2_password` is never tried, only its API with a wrong token.
    """

    test_url: str | None = None
    http_method: str = "GET"
    expected_status: frozenset[int] = frozenset()
    counterfactual: bool = True
    timeout: float | None = None
    decoy: bool | None = None

    def completed(self, document: Document) -> ValidationPlan:
        """Return the plan with what a document says where the plan says nothing."""
        common = document.common
        test_url = self.test_url or common.test_url
        return replace(
            self,
            test_url=joined(common.base_url, test_url) if test_url and is_relative(test_url) else test_url,
            http_method=self.http_method.upper(),
            timeout=_first(self.timeout, common.timeout if "timeout" in common.model_fields_set else None),
            decoy=_first(self.decoy, common.decoy),
        )

    @property
    def call_timeout(self) -> float:
        """Longest wait for each call, in seconds."""
        return VALIDATION_TIMEOUT if self.timeout is None else self.timeout


def _first(*values: T | None) -> T | None:
    """Return the first value that says something."""
    return next((value for value in values if value is not None), None)
