"""The fields of every connection document, as a resource.

Written by generate.py from the fields of the core; change them there.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from dagster_watchword.base import ApiResource


class CommonFieldsResource(ApiResource):
    """The fields of every method."""

    base_url: str = Field(
        description="Where the API lives, e.g. https://api.example.com. Its path may hold {{secret:NAME}}."
    )
    allowed_origins: list[str] = Field(
        default=[],
        description=(
            "Origins that may receive the credential; only that of the base URL if empty. "
            "https://*.my.example.com means every host below my.example.com."
        ),
    )
    test_url: str | None = Field(
        default=None,
        description=(
            "Complete URL of a harmless GET that needs the credential; validations call it by default."
        ),
    )
    decoy: bool = Field(
        default=True,
        description=(
            "Whether a validation calls with a random wrong credential too, at most once a day, to"
            " see that the API refuses it. Turn it off if failed attempts could lock somebody out."
            " No login of oauth2_password is tried."
        ),
    )
    extra_parameters: dict[str, str] = Field(
        default={},
        description=(
            'JSON: sent with every request, not secret: {"header:Accept-Version": "2"}. {{uuid}} '
            "and {{now}} are new in each request."
        ),
    )
    secret_parameters: dict[str, str] = Field(
        default={},
        repr=False,
        description=(
            'JSON, beside any method: {"header:Client-ID": "…", "query:key": "…", "cookie:sid": '
            '"…"}. "template:NAME" is the secret of {{secret:NAME}} in JSON fields and in the path'
            " of base_url."
        ),
    )
    timeout: float = Field(default=30.0, description="Longest wait for the API, in seconds.")
    retries: int = Field(
        default=0, description="How often an idempotent request is tried again after a fault that may pass."
    )
    verify: bool = Field(
        default=True, description="Leave this on; use the CA bundle for private authorities."
    )
    ca_bundle: str | None = Field(
        default=None, description="Path or PEM text of the certificate authorities to trust."
    )
    client_certificate: str | None = Field(
        default=None,
        description=(
            "Path or PEM text, or the path of a PKCS#12 file (.p12, .pfx), which has the key in "
            "it; used for the API and the token endpoint."
        ),
    )
    client_private_key: str | None = Field(
        default=None,
        repr=False,
        description=(
            "Path or PEM text of the key; or PKCS#12 with key and certificate, as a path or base64."
        ),
    )
    client_key_passphrase: str | None = Field(
        default=None,
        repr=False,
        description="Opens the client's private key, or the PKCS#12 file (.p12, .pfx).",
    )
    proxy: str | None = Field(
        default=None, repr=False, description="URL of the proxy; it may hold user and password."
    )
    refresh_on_status: list[int] = Field(
        default=[],
        description="Statuses besides 401 that renew the token and send the request again, e.g. 403;419.",
    )
    refresh_on_body: dict[str, Any] = Field(
        default={},
        description=(
            'JSON: {"error.code": "token_expired", "ok": false}. A response counts as a 401, '
            "whatever its status, if its JSON has one of these values at that JSONPath. Streamed "
            "responses and those over 64 KiB are left out."
        ),
    )
