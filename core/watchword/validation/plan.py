"""What a validation calls: the one value that hosts and commands hand on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchword.document.common_fields import CommonFields

VALIDATION_TIMEOUT = 10.0
"""Longest wait for each call of a validation, in seconds, if neither plan nor document sets one."""


@dataclass(frozen=True)
class ValidationPlan:
    """What a validation calls, and what counts as success.

    Args:
        test_url: absolute URL of a harmless call that needs the credential; the document's own if left out.
            OAuth client credentials need none.
        http_method: the call's verb; only a GET or a HEAD is repeated without the credential.
        expected_status: the statuses that mean success; any 2xx if left out.
        counterfactual: whether the call is repeated without the credential, to see whether it mattered.
        timeout: longest wait for each call, in seconds; the document's own if left out, otherwise 10.
    """

    test_url: str | None = None
    http_method: str = "GET"
    expected_status: frozenset[int] = frozenset()
    counterfactual: bool = True
    timeout: float | None = None

    def completed(self, common: CommonFields) -> ValidationPlan:
        """Return the plan with what a document says where the plan says nothing."""
        documented = common.timeout if "timeout" in common.model_fields_set else None
        return replace(
            self,
            test_url=self.test_url or common.test_url,
            http_method=self.http_method.upper(),
            timeout=documented if self.timeout is None else self.timeout,
        )

    @property
    def call_timeout(self) -> float:
        """Longest wait for each call, in seconds."""
        return VALIDATION_TIMEOUT if self.timeout is None else self.timeout
