"""The account that calls Google: the credentials that were given, or those of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from watchword.redact import NeverPickled

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@dataclass(frozen=True)
class Account(NeverPickled):
    """Where to find Google credentials; without any argument, those of the machine.

    Args:
        key_path: path of a service account's key file.
        keyfile: the content of such a file.
        configuration: path or content of another credential configuration, such as that of a
            workload identity federation.
        scopes: OAuth scopes; all of Google Cloud if left out, where IAM still limits the access.
        impersonation_chain: accounts, each of which may make tokens for the next; the last one is used.
    """

    key_path: str = ""
    keyfile: Mapping[str, Any] = field(default_factory=dict, repr=False)
    configuration: str | Mapping[str, Any] = field(default="", repr=False)
    scopes: tuple[str, ...] = (SCOPE,)
    impersonation_chain: tuple[str, ...] = ()

    def load(self) -> tuple[Credentials, str]:
        """Return the credentials and the project that they name, "" if they name none.

        May call the machine's metadata server. Raises the errors of google-auth and of reading a file.
        """
        credentials, project = self._source_credentials()
        if self.impersonation_chain:
            from google.auth import impersonated_credentials  # noqa: PLC0415 - loads if one is impersonated

            *delegates, principal = self.impersonation_chain
            credentials = impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]
                source_credentials=credentials,
                target_principal=principal,
                target_scopes=list(self.scopes),
                delegates=delegates,
            )
        return credentials, project

    def _source_credentials(self) -> tuple[Credentials, str]:
        import google.auth  # noqa: PLC0415 - loads at first use

        scopes = list(self.scopes)
        info = self._info()
        if info is None:
            credentials, project = google.auth.default(scopes=scopes)
        elif info.get("type") == "service_account":
            from google.oauth2 import service_account  # noqa: PLC0415 - loads if a key is given

            make = service_account.Credentials.from_service_account_info
            credentials = make(info, scopes=scopes)  # type: ignore[no-untyped-call]
            project = credentials.project_id
        else:
            load = google.auth.load_credentials_from_dict
            credentials, project = load(dict(info), scopes=scopes)  # type: ignore[no-untyped-call]
        return credentials, project or ""

    def _info(self) -> Mapping[str, Any] | None:
        """Return the given credential configuration, or None to use the machine's credentials."""
        return self.keyfile or _read(self.key_path or self.configuration)


def _read(source: str | Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the configuration in a file or in a text, or the given one itself; None if it is empty."""
    import json  # noqa: PLC0415 - loads if a configuration is given
    from pathlib import Path  # noqa: PLC0415 - loads if a configuration is given

    if not isinstance(source, str):
        return source or None
    if not source:
        return None
    text = source if source.lstrip().startswith("{") else Path(source).read_text(encoding="utf-8")
    info = json.loads(text)
    if not isinstance(info, dict):
        raise ValueError("the credential configuration must be a JSON object")  # noqa: TRY004 - a file's content, not an argument
    return info
