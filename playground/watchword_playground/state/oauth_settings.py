"""The settings of the authorization server that can be changed while it runs."""

from pydantic import BaseModel, ConfigDict, Field


class OAuthSettings(BaseModel):
    """How the authorization server behaves. Every time is in seconds."""

    model_config = ConfigDict(validate_assignment=True, extra="forbid")

    rotation: bool = True
    """Whether each refresh token works once. If False, a refresh returns none and the first stays valid."""
    grace: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """How long a rotated refresh token still returns another pair. After that, its use ends the family."""
    access_token_lifetime: int = Field(default=3600, ge=1)
    refresh_token_lifetime: int | None = Field(default=None, ge=1)
    """None: forever. Otherwise the response announces it as `refresh_token_expires_in`."""
    delay: float = Field(default=0.0, ge=0, le=300, allow_inf_nan=False)
    """How long each token request waits for its response."""
    code_lifetime: float = Field(default=60.0, gt=0, allow_inf_nan=False)
    device_code_lifetime: int = Field(default=600, ge=1)
    device_interval: int = Field(default=5, ge=0)
    redirect_uris: tuple[str, ...] = ("https://airflow.example.com/watchword/callback",)
    """The allowed redirect addresses. Every path on this machine's loopback interface is allowed as well."""

    def change(self, changes: "OAuthSettings") -> None:
        """Take over the fields that were set explicitly."""
        for name in changes.model_fields_set:
            setattr(self, name, getattr(changes, name))
