"""Disturbances on demand: what strikes the next requests."""

from typing import Literal

from pydantic import BaseModel, Field, model_validator
from typing_extensions import Self

from watchword_playground.credentials import TOKEN_PATH

FaultKind = Literal["answer", "lost_reply", "no_reply", "form_reply", "text_expiry"]


class Fault(BaseModel):
    """A disturbance of the next `times` requests whose path starts with `path`.

    `answer` waits, or answers with `status`, or both; then nothing else happens. The other kinds let the
    request do what it does, and spoil its reply: `lost_reply` drops the connection, `no_reply` keeps it open
    and silent, `form_reply` encodes the reply as a form, and `text_expiry` sends `expires_in` as text. These
    strike the token endpoint unless a path is given.
    """

    kind: FaultKind = "answer"
    status: int | None = Field(None, ge=200, le=599)
    error: str | None = Field(None, min_length=1)
    """The `error` of the answer's body, as a token endpoint sends it; with 200, one that lies."""
    retry_after: int | None = Field(None, ge=0)
    """The header Retry-After, in seconds."""
    delay: float = Field(0.0, ge=0, le=300, allow_inf_nan=False)
    times: int = Field(1, ge=1)
    path: str = ""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.kind == "answer" and self.status is None and not self.delay:
            raise ValueError("give a status, a delay or both")
        if self.kind != "answer" and self.status is not None:
            raise ValueError(f"a fault of the kind {self.kind} has no status of its own")
        if self.status is None and (self.error is not None or self.retry_after is not None):
            raise ValueError("error and retry_after are parts of an answer; give its status")
        if self.kind != "answer" and not self.path:
            self.path = TOKEN_PATH
        return self
