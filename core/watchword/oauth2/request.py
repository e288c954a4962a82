"""Build the request to a token endpoint (RFC 6749 section 3.2); no I/O."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote_plus

from pydantic import JsonValue
from requests import PreparedRequest, Request

ClientAuth = Literal["header", "body"]
BasicEncoding = Literal["form", "raw"]
GrantFormat = Literal["form", "json", "query"]


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
        return {"Authorization": f"Basic {base64.b64encode(':'.join(pair).encode()).decode('ascii')}"}

    def fields(self) -> dict[str, JsonValue]:
        """Return the body's fields where the client shows itself there."""
        if self.client_auth != "body":
            return {}
        return {"client_id": self.client_id, "client_secret": self.client_secret}


def token_request(
    url: str,
    fields: Mapping[str, JsonValue],
    headers: Mapping[str, str],
    grant_format: GrantFormat,
) -> PreparedRequest:
    """Return the POST to the token endpoint at the absolute `url`; fields without a value are left out."""
    present = {name: value for name, value in fields.items() if value not in (None, "")}
    request = Request("POST", url, headers={"Accept": "application/json", **headers})
    if grant_format == "json":
        request.json = present
    elif grant_format == "query":
        request.params = _as_text(present)
    else:
        request.data = _as_text(present)
    return request.prepare()


def _as_text(fields: Mapping[str, JsonValue]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
