"""Sign-ins without a page: for tests, and for trying how a refresh token is imported."""

from typing import Any, Literal

from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, model_validator
from typing_extensions import Self

from watchword_playground.credentials import SCOPES
from watchword_playground.oauth.clients import CLIENTS
from watchword_playground.oauth.endpoints import AuthorizationServer
from watchword_playground.oauth.validator import Validator
from watchword_playground.state import State


class SignInOptions(BaseModel):
    """Who signs in, and where; without `client_id` at the method's first client."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["oauth2_authorization_code", "oauth2_device_code", "oauth2_password"] = (
        "oauth2_authorization_code"
    )
    user: str = "ada"
    client_id: str | None = None
    scope: str = " ".join(SCOPES)

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        known = [each.client_id for each in CLIENTS.values() if each.method == self.method]
        if self.client_id is None:
            self.client_id = known[0]
        if self.client_id not in known:
            raise ValueError(f"{self.method} has no such client; it has {', '.join(known)}")
        if not set(self.scope.split()) <= set(SCOPES):
            raise ValueError(f"the scopes are {', '.join(SCOPES)}")
        return self


def sign_in(state: State, options: SignInOptions) -> dict[str, Any]:
    """Begin a new family, and return what the token endpoint would have answered."""
    validator = Validator(state)
    validator.user = options.user
    request = OAuthRequest("")
    request.client = CLIENTS[options.client_id or ""]
    request.scopes = options.scope.split()
    token = AuthorizationServer(validator).bearer.create_token(request, refresh_token=True)
    validator.save_token(token, request)
    return dict(token)
