"""What can be set about the authorization server while it runs."""

from pydantic import BaseModel, ConfigDict, Field


class OAuthSettings(BaseModel):
    """How the authorization server behaves; every time is in seconds."""

    model_config = ConfigDict(validate_assignment=True, extra="forbid")

    rotation: bool = True
    """Whether each refresh token serves once; without it a refresh brings none, and the first one stays."""
    grace: float = Field(0.0, ge=0, allow_inf_nan=False)
    """For how long after its rotation an old refresh token gets another pair instead of ending the family."""
    access_token_lifetime: int = Field(3600, ge=1)
    refresh_token_lifetime: int | None = Field(None, ge=1)
    """None for ever; otherwise it is announced as `refresh_token_expires_in`."""
    delay: float = Field(0.0, ge=0, le=300, allow_inf_nan=False)
    """How long each token request waits before it is answered."""
    code_lifetime: float = Field(60.0, gt=0, allow_inf_nan=False)
    device_code_lifetime: int = Field(600, ge=1)
    device_interval: int = Field(5, ge=0)
    redirect_uris: tuple[str, ...] = ("https://airflow.example.com/watchword/callback",)
    """Beside these, every path on this machine's loopback interface may be redirected to."""

    def change(self, wanted: "OAuthSettings") -> None:
        """Take over what was given explicitly."""
        for name in wanted.model_fields_set:
            setattr(self, name, getattr(wanted, name))
