"""The fields of every method: where the API is, the parameters beside the method's own, the transport."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from watchword.http import origin_patterns
from watchword.http.body_rules import BodyRules
from watchword.http.origins import Origins
from watchword.http.transport_options import DEFAULT_TIMEOUT
from watchword.methods.field_info import Field
from watchword.methods.fields import About, Fields, JsonObject, Section, Statuses, TextMapping

_TRANSPORT = Section.TRANSPORT


class CommonFields(Fields):
    """The fields of every method."""

    schema_version: Literal[1] = 1
    base_url: Annotated[
        str,
        About(
            "Base URL",
            "Where the API lives, e.g. https://api.example.com. Its path may hold {{secret:NAME}}.",
            Section.AUTHENTICATION,
            templated=True,
        ),
    ]
    allowed_origins: Annotated[
        tuple[str, ...],
        About(
            "Allowed origins",
            "Origins that may receive the credential; only that of the base URL if empty. "
            "https://*.my.example.com means every host below my.example.com.",
            Section.AUTHENTICATION,
        ),
    ] = ()
    test_url: Annotated[
        str | None,
        About(
            "Test URL",
            "Complete URL of a harmless GET that needs the credential; validations call it by default.",
            Section.AUTHENTICATION,
            templated=True,
        ),
    ] = None
    decoy: Annotated[
        bool,
        About(
            "Try a wrong credential",
            "Whether a validation calls with a random wrong credential too, at most once a day, to see that "
            "the API refuses it. Turn it off if failed attempts could lock somebody out. No login of "
            "oauth2_password is tried.",
            Section.AUTHENTICATION,
        ),
    ] = True
    extra_parameters: Annotated[
        TextMapping,
        About(
            "Extra parameters",
            'JSON: sent with every request, not secret: {"header:Accept-Version": "2"}. {{uuid}} and {{now}} '
            "are new in each request.",
            Section.STACKED,
        ),
    ] = Field(default_factory=dict)
    secret_parameters: Annotated[
        TextMapping,
        About(
            "Secret parameters",
            'JSON, beside any method: {"header:Client-ID": "…", "query:key": "…", "cookie:sid": "…"}. '
            '"template:NAME" is the secret of {{secret:NAME}} in JSON fields and in the path of base_url.',
            Section.STACKED,
            secret=True,
        ),
    ] = Field(default_factory=dict)
    timeout: Annotated[float, About("Timeout", "Longest wait for the API, in seconds.", _TRANSPORT)] = Field(
        default=DEFAULT_TIMEOUT, gt=0, le=3600
    )
    retries: Annotated[
        int,
        About(
            "Retries",
            "How often an idempotent request is tried again after a fault that may pass.",
            _TRANSPORT,
        ),
    ] = Field(default=0, ge=0, le=10)
    verify: Annotated[
        bool,
        About("Verify certificates", "Leave this on; use the CA bundle for private authorities.", _TRANSPORT),
    ] = True
    ca_bundle: Annotated[
        str | None,
        About("CA bundle", "Path or PEM text of the certificate authorities to trust.", _TRANSPORT),
    ] = None
    client_certificate: Annotated[
        str | None,
        About(
            "Client certificate",
            "Path or PEM text, or the path of a PKCS#12 file (.p12, .pfx), which has the key in it; used for "
            "the API and the token endpoint.",
            _TRANSPORT,
            multiline=True,
        ),
    ] = None
    client_private_key: Annotated[
        str | None,
        About(
            "Client private key",
            "Path or PEM text of the key; or PKCS#12 with key and certificate, as a path or base64.",
            _TRANSPORT,
            secret=True,
            multiline=True,
            is_key=True,
        ),
    ] = None
    client_key_passphrase: Annotated[
        str | None,
        About(
            "Client key passphrase",
            "Opens the client's private key, or the PKCS#12 file (.p12, .pfx).",
            _TRANSPORT,
            secret=True,
        ),
    ] = None
    proxy: Annotated[
        str | None,
        About("Proxy", "URL of the proxy; it may hold user and password.", _TRANSPORT, secret=True),
    ] = None
    refresh_on_status: Annotated[
        Statuses,
        About(
            "Refresh on status",
            "Statuses besides 401 that renew the token and send the request again, e.g. 403;419.",
            _TRANSPORT,
        ),
    ] = ()
    refresh_on_body: Annotated[
        JsonObject,
        About(
            "Refresh on body",
            'JSON: {"error.code": "token_expired", "ok": false}. A response counts as a 401, whatever its '
            "status, if its JSON has one of these values at that JSONPath. Streamed responses and those over "
            "64 KiB are left out.",
            _TRANSPORT,
        ),
    ] = Field(default_factory=dict)

    @cached_property
    def body_rules(self) -> BodyRules | None:
        """The rules of `refresh_on_body`, ready for use; None without any. Lint has checked the paths."""
        return BodyRules(self.refresh_on_body) if self.refresh_on_body else None

    @cached_property
    def origins(self) -> Origins:
        """The origins that may receive the credential: `allowed_origins`, else that of the base URL.

        Beside a pattern, which is for hosts that aren't known beforehand, the base URL's counts too.
        """
        has_pattern = any(map(origin_patterns.is_pattern, self.allowed_origins))
        own = (self.base_url,) if has_pattern or not self.allowed_origins else ()
        return Origins((*self.allowed_origins, *own))
