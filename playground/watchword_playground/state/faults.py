"""Faults on demand: what disturbs the next requests."""

from typing import Literal

from pydantic import BaseModel, Field, model_validator
from typing_extensions import Self

from watchword_playground.credentials import TOKEN_PATH

FaultKind = Literal["answer", "lost_reply", "no_reply", "form_reply", "text_expiry"]


class Fault(BaseModel):
    """A fault that disturbs the next `times` requests whose path starts with `path`.

    `answer` waits for `delay`, or responds with `status`, or both; the API itself sees nothing of it. With
    the other kinds the API handles the request and its response is distorted: `lost_reply` drops the
    connection, `no_reply` keeps it open and silent, `form_reply` encodes the response as a form, and
    `text_expiry` sends `expires_in` as text. Without a path, these kinds strike the token endpoint.
    """

    kind: FaultKind = "answer"
    status: int | None = Field(default=None, ge=200, le=599)
    error: str | None = Field(default=None, min_length=1)
    """The `error` in the body, as a token endpoint sends it. With status 200 the status is misleading."""
    retry_after: int | None = Field(default=None, ge=0)
    """The header Retry-After, in seconds."""
    delay: float = Field(default=0.0, ge=0, le=300, allow_inf_nan=False)
    times: int = Field(default=1, ge=1)
    path: str = ""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.kind == "answer" and self.status is None and not self.delay:
            raise ValueError("give a status, a delay or both")
        if self.kind != "answer" and self.status is not None:
            raise ValueError(f"a fault of the kind {self.kind} takes no status")
        if self.status is None and (self.error is not None or self.retry_after is not None):
            raise ValueError("error and retry_after are parts of a response; give its status")
        if self.kind != "answer" and not self.path:
            self.path = TOKEN_PATH
        return self
