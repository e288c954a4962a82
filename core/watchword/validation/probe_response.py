"""The response to one call of a validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from watchword import redact
from watchword.http.bodies import parsed
from watchword.http.body_reports import Reported, reported
from watchword.http.stated_outcomes import Stated, stated
from watchword.redact import NeverPickled


@dataclass(frozen=True)
class ProbeResponse(NeverPickled):
    """The response to one call: its status, its headers and the beginning of its body, unchanged.

    `redirect` is the absolute URL of a redirect that was not followed, since it leads to another origin, or
    "" if the redirect names no URL; `followed` says whether another redirect led here; `received` is when
    the response came, in seconds since 1970; `refused_in_body` says whether the body matches the document's
    refresh_on_body; `is_cut` says whether the body goes on after what was read.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)
    redirect: str | None = None
    followed: bool = False
    received: float = 0.0
    refused_in_body: bool = False
    is_cut: bool = False

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def succeeded(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the statuses of success

    @property
    def is_page(self) -> bool:
        """Whether the body is a web page; JSON that is only declared as a page doesn't count."""
        return "html" in self.content_type and parsed(self.text) is None

    @cached_property
    def stated(self) -> Stated:
        """What the headers, or the parts of a 207, say against the status."""
        return stated(self.status, self.headers, self.text)

    @cached_property
    def report(self) -> Reported:
        """What the response reports if it holds no data; see `watchword.http.body_reports`."""
        return self.stated.report or reported(self.text, self.content_type)

    def evidence(self) -> dict[str, str]:
        """Return the parts of the response that a finding shows, masked."""
        evidence = {"status": str(self.status)}
        if self.text.strip():
            evidence["answer"] = redact.quoted(self.text)
        if self.is_cut:
            evidence["read"] = "only the beginning, since the body is too long"
        return evidence
