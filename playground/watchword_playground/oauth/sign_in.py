"""Sign-ins without a page, for tests and to try the import of a refresh token."""

from typing import Any, Literal

from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, model_validator
from typing_extensions import Self

from watchword_playground.credentials import SCOPES
from watchword_playground.oauth.authorization_server import AuthorizationServer
from watchword_playground.oauth.clients import CLIENTS
from watchword_playground.oauth.oauth2_validator import OAuth2Validator
from watchword_playground.state.state import State


class SignInOptions(BaseModel):
    """Who signs in, and with which client. The default `client_id` is the method's first client."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["oauth2_authorization_code", "oauth2_device_code", "oauth2_password"] = (
        "oauth2_authorization_code"
    )
    user: str = "ada"
    client_id: str | None = None
    scope: str = " ".join(SCOPES)

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        client_ids = [each.client_id for each in CLIENTS.values() if each.method == self.method]
        if self.client_id is None:
            self.client_id = client_ids[0]
        if self.client_id not in client_ids:
            raise ValueError(f"{self.method} has no such client; it has {', '.join(client_ids)}")
        if not set(self.scope.split()) <= set(SCOPES):
            raise ValueError(f"the scopes are {', '.join(SCOPES)}")
        return self


def sign_in(state: State, options: SignInOptions) -> dict[str, Any]:
    """Begin a new family, and return its tokens in the form of a token response."""
    validator = OAuth2Validator(state)
    validator.user = options.user
    request = OAuthRequest("")
    request.client = CLIENTS[options.client_id or ""]
    request.scopes = options.scope.split()
    token = AuthorizationServer(validator).bearer.create_token(request, refresh_token=True)
    validator.save_token(token, request)
    return dict(token)
