"""How a client shows itself to a token endpoint (RFC 6749 section 2.3.1); no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote_plus

from pydantic import JsonValue

from watchword import headers

ClientAuth = Literal["header", "body"]
BasicEncoding = Literal["form", "raw"]


@dataclass(frozen=True)
class Client:
    """A client's credentials and how they are shown to the server (RFC 6749 section 2.3.1)."""

    client_id: str
    client_secret: str = field(repr=False)
    client_auth: ClientAuth = "header"
    basic_encoding: BasicEncoding = "form"

    def headers(self) -> dict[str, str]:
        """Return the Authorization header where the client shows itself there."""
        if self.client_auth != "header":
            return {}
        pair = [self.client_id, self.client_secret]
        if self.basic_encoding == "form":
            pair = [quote_plus(part) for part in pair]
        return {"Authorization": headers.basic(*pair)}

    def fields(self) -> dict[str, JsonValue]:
        """Return the body's fields where the client shows itself there."""
        if self.client_auth != "body":
            return {}
        return {"client_id": self.client_id, "client_secret": self.client_secret}
