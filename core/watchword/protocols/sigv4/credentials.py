"""The credentials that sign: given keys, those of a profile, or those of an assumed role."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import dataclass, field, replace
from socket import gaierror
from typing import TYPE_CHECKING

import requests

from watchword import redact
from watchword.errors import RequestError, TokenError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import faults
from watchword.http.deadline import run_with_deadline
from watchword.http.resolving import pinned_proxies
from watchword.http.transport_options import TransportOptions
from watchword.protocols.sigv4.refusals import aws_refusal
from watchword.redact import NeverPickled
from watchword.redact.silence import silence
from watchword.tokens.token import Token

if TYPE_CHECKING:
    from botocore.credentials import Credentials  # type: ignore[import-untyped]
    from botocore.exceptions import ClientError  # type: ignore[import-untyped]
    from botocore.session import Session  # type: ignore[import-untyped]

_SPANS = (43_200, 21_600, 14_400, 7_200, 3_600, 2_700, 1_800, 900, 600, 300, 60)
"""The remaining lifetimes, in seconds, for which a profile's temporary credentials are tested."""

_NO_PROFILE = {"profile": (None, None, None, None)}
"""Overrides botocore's lookup of the profile, so that it is looked up nowhere."""

_STS = "AWS's token service (STS)"
_SERVER_ERRORS = 500
_CODES = {"AccessDenied": "access_denied", "ValidationError": "invalid_request"}


def default_profile() -> str:
    """Return this machine's default profile, as botocore finds it."""
    return os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE") or "default"


@dataclass(frozen=True)
class AwsCredentials(Token):
    """A pair of keys; `access_token` is the session token of temporary keys, empty for permanent ones."""

    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that are masked: all three."""
        return (self.access_key, self.secret_key, self.access_token)


@dataclass(frozen=True)
class CredentialChain(NeverPickled):
    """Finds credentials as botocore does: those of a profile, or of an assumed role.

    `keys` are those of the document. Without them the profile's are used, and without a profile
    this machine's default credentials.
    """

    region: str
    profile: str | None
    role_arn: str | None
    keys: AwsCredentials | None = field(default=None, repr=False)

    logs_out = False

    @property
    def identity(self) -> tuple[object, ...]:
        """Everything that the credentials depend on."""
        keys = self.keys
        own = (keys.access_key, keys.secret_key, keys.access_token) if keys else None
        return (self.region, self.profile, self.role_arn, own)

    def fetch(self, transport: TransportOptions, _refresh_token: str | None = None) -> AwsCredentials:
        """Return new credentials; raises TokenError if there are none."""
        from botocore import exceptions as aws_errors  # type: ignore[import-untyped] # noqa: PLC0415

        try:
            credentials = run_with_deadline(transport.timeout, lambda: self._credentials(transport))
        except RequestError as error:
            raise TokenError(error.findings) from None
        except aws_errors.ClientError as error:
            redact.exception(error)
            raise TokenError([_refused(error)]) from None
        except (
            aws_errors.ConnectionError,
            aws_errors.HTTPClientError,
            requests.ReadTimeout,
            gaierror,
        ) as error:
            redact.exception(error)
            raise TokenError([faults.classify(error, _STS)]) from None
        except (aws_errors.BotoCoreError, OSError, ValueError) as error:
            # No such profile, a broken file, an expired sign-in: the message may quote a program's output.
            redact.exception(error)
            message = f"{self._owner} gives no credentials: {type(error).__name__}."
            raise TokenError([finding("aws_credentials_missing", message)]) from None
        redact.register(credentials.secrets, credentials)
        return credentials

    def discard(self, token: Token, transport: TransportOptions) -> None:
        """Do nothing: temporary credentials expire by themselves."""

    @property
    def _owner(self) -> str:
        return f"The profile {self.profile or default_profile()!r}"

    def _credentials(self, transport: TransportOptions) -> AwsCredentials:
        from botocore.session import Session  # noqa: PLC0415 - loads botocore

        with silence("botocore"):
            # The document's own keys are used without a profile, even if the environment names one.
            session = Session(session_vars=_NO_PROFILE) if self.keys else Session(profile=self.profile)
            _configure(session, self.region, transport)
            return self._assumed(session, transport) if self.role_arn else self._of_profile(session)

    def _of_profile(self, session: Session) -> AwsCredentials:
        credentials = session.get_credentials()
        if credentials is None:
            message = f"{self._owner} has no credentials."
            raise TokenError([finding("aws_credentials_missing", message)])
        frozen = credentials.get_frozen_credentials()
        return AwsCredentials(
            access_token=frozen.token or "",
            lifetime=_lifetime(credentials),
            access_key=frozen.access_key,
            secret_key=frozen.secret_key,
        )

    def _assumed(self, session: Session, transport: TransportOptions) -> AwsCredentials:
        own = self.keys
        client = session.create_client(
            "sts",
            verify=transport.overrides().get("verify"),
            aws_access_key_id=own.access_key if own else None,
            aws_secret_access_key=own.secret_key if own else None,
            aws_session_token=(own.access_token or None) if own else None,
        )
        role = client.assume_role(RoleArn=self.role_arn, RoleSessionName="watchword")["Credentials"]
        return AwsCredentials(
            access_token=role["SessionToken"],
            lifetime=max(role["Expiration"].timestamp() - time.time(), 0.0),
            access_key=role["AccessKeyId"],
            secret_key=role["SecretAccessKey"],
        )


def _configure(session: Session, region: str, transport: TransportOptions) -> None:
    """Apply the connection's transport options to the calls of the chain itself, such as those to STS."""
    from botocore.config import Config  # type: ignore[import-untyped] # noqa: PLC0415

    # The token cache retries, and reports the fault meanwhile.
    limits = {"connect_timeout": transport.timeout, "read_timeout": transport.timeout}
    proxies = pinned_proxies(transport)
    one_attempt = Config(**limits, retries={"total_max_attempts": 1}, proxies=proxies)
    session.set_default_client_config(one_attempt)
    session.set_config_variable("region", region)
    if transport.ca_bundle:
        session.set_config_variable("ca_bundle", transport.authorities)


def _lifetime(credentials: Credentials) -> float:
    """Return how long credentials last at least, in seconds: botocore only says whether they last a span."""
    from botocore.credentials import RefreshableCredentials  # noqa: PLC0415 - loads botocore

    if not isinstance(credentials, RefreshableCredentials):
        return math.inf
    return float(next((span for span in _SPANS if not credentials.refresh_needed(span)), 0))


def _refused(error: ClientError) -> Finding:
    """Return why STS issues no credentials."""
    details, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    name, text = str(details.get("Code", "")), redact.text(str(details.get("Message", "")))
    status = int(metadata.get("HTTPStatusCode", 0))
    refusal = aws_refusal(status, json.dumps({"code": name, "message": text}))
    if refusal:
        return replace(refusal, message=f"{_STS}: {refusal.message}")
    is_transient = status >= _SERVER_ERRORS or name.startswith(("Throttl", "RequestLimit"))
    code = "temporarily_unavailable" if is_transient else _CODES.get(name, "token_refused")
    return finding(code, f"{_STS} issues no credentials of the role.", evidence={"answer": f"{name}: {text}"})
