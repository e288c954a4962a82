"""What came back from one call of a validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from watchword import redact
from watchword.http import bodies


@dataclass(frozen=True)
class ProbeResponse:
    """What came back from one call: status, headers, the beginning of the body as it came.

    `redirect` is the absolute URL of a redirect that was not followed, since it leads to
    another origin; `followed` says whether another one led here; `received` is when the answer
    came, in seconds since 1970; `refused_in_body` says that the body has what the document's
    refresh_on_body names.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)
    redirect: str | None = None
    followed: bool = False
    received: float = 0.0
    refused_in_body: bool = False

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
        """Whether a web page came back; much JSON is declared as one."""
        return "html" in self.content_type and bodies.parsed(self.text) is None

    def evidence(self) -> dict[str, str]:
        """Return what of the answer a finding shows, masked."""
        shown = {"status": str(self.status)}
        if self.text.strip():
            shown["answer"] = redact.quoted(self.text)
        return shown
