"""`aws_sigv4`: AWS Signature Version 4, in headers or as a presigned URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.util import find_spec
from typing import Annotated, ClassVar, Literal

from requests import PreparedRequest

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.flow import NEED_TOKEN, Context, Flow, FlowResponse, NeedToken
from watchword.http import headers
from watchword.http.placement import Slot
from watchword.methods.base import Method
from watchword.methods.field_info import Field
from watchword.methods.fields import About, Section
from watchword.protocols.sigv4.credentials import AwsCredentials, CredentialChain, default_profile
from watchword.protocols.sigv4.payload import payload_hash
from watchword.protocols.sigv4.presign import PARAMETERS, presign
from watchword.protocols.sigv4.refusals import aws_refusal
from watchword.protocols.sigv4.services import ServiceRules, better_region, better_service, is_known, rules_of
from watchword.protocols.sigv4.signer import SigningKey, sign, timestamp
from watchword.protocols.sigv4.tree_hash import add_tree_hash
from watchword.protocols.templates import TemplateSecrets

_AWS = Section.AWS

_REFUSED = frozenset({401, 403})
_ERROR_TYPE = "x-amzn-ErrorType"
_CREDENTIAL_ERRORS = ("ExpiredToken", "UnrecognizedClient", "InvalidClientTokenId")

_KEY = "aws_sigv4.key"
"""The entry of the flow's memory that holds the signing key of the day."""


class AwsSigV4(Method):
    """Sign each request with a pair of AWS keys, or with the keys of a profile or a role."""

    method: ClassVar[str] = "aws_sigv4"
    title: ClassVar[str] = "AWS Signature Version 4"
    essentials: ClassVar[tuple[str, ...]] = (
        "base_url",
        "region",
        "service",
        "access_key",
        "secret_key",
        "session_token",
        "test_url",
    )
    depends_on_time: ClassVar[bool] = True

    region: Annotated[str, About("Region", "The AWS region of the API, such as eu-central-1.", _AWS)]
    service: Annotated[
        str, About("Service", "The name of the service in signatures, such as s3 or execute-api.", _AWS)
    ]
    access_key: Annotated[
        str | None,
        About("Access key", "The access key ID; leave it empty if a profile is used.", _AWS, secret=True),
    ] = None
    secret_key: Annotated[
        str | None, About("Secret key", "The secret access key of the access key ID.", _AWS, secret=True)
    ] = None
    session_token: Annotated[
        str | None, About("Session token", "The session token of temporary credentials.", _AWS, secret=True)
    ] = None
    add_to: Annotated[
        Literal["header", "query"],
        About(
            "Send in", "Where the signature is sent: header, or query for presigned URLs.", Section.PLACEMENT
        ),
    ] = "header"
    expires: Annotated[
        int, About("Expires", "How long a presigned URL is valid, in seconds; at most a week.", _AWS)
    ] = Field(default=900, ge=1, le=604_800)
    role_arn: Annotated[
        str | None,
        About("Role ARN", "A role to assume, with the access key or the profile; needs botocore.", _AWS),
    ] = None
    profile: Annotated[
        str | None,
        About("Profile", "A profile in this machine's AWS configuration; needs botocore.", _AWS),
    ] = None

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send the signed request; if AWS refuses temporary credentials, send it again with newer ones."""
        payload = payload_hash(request, self._rules, presigned=self.add_to == "query")
        if self._rules.sends_tree_hash:
            add_tree_hash(request)
        if not self._is_temporary:
            yield self._signed(request, self._own, context, payload)
            return
        credentials: AwsCredentials = yield NEED_TOKEN
        response: FlowResponse = yield self._signed(request.copy(), credentials, context, payload)
        if not _refuses_credentials(response, context):
            return
        newer: AwsCredentials = yield NeedToken(rejected=credentials)
        if newer != credentials:
            yield self._signed(request, newer, context, payload)

    def placements(self) -> tuple[Slot, ...]:
        """The headers or parameters of a signature; their values are known only when they are sent."""
        token = bool(self.session_token) or self._is_temporary
        if self.add_to == "query":
            names = [name for name in PARAMETERS if token or name != "X-Amz-Security-Token"]
            return tuple(Slot("query", name) for name in names)
        own = ["Authorization", "X-Amz-Date", *(["X-Amz-Security-Token"] if token else [])]
        return tuple(Slot("header", name) for name in own)

    def machine_credentials(self) -> tuple[str, ...]:
        """The named profile; the default profile if a role is assumed without an access key."""
        if self.profile or (self.role_arn and not self.access_key):
            return (f"aws:{self.profile or default_profile()}",)
        return ()

    def explain(self, status: int, response_headers: Mapping[str, str], text: str, /) -> Finding | None:
        """Return a finding with the reason that AWS states."""
        return aws_refusal(status, text, response_headers.get(_ERROR_TYPE, ""))

    def findings(self, _: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings for keys that are missing or given twice, and text that no header can hold."""
        yield from self._missing()
        if self._is_temporary and find_spec("botocore") is None:
            message = "role_arn and profile need botocore, which is not installed."
            yield finding("extra_missing", message, advice='Run: pip install "watchword[aws]"')
        if self.role_arn and not self.role_arn.startswith("arn:"):
            yield finding("wrong_type", "The field role_arn has a wrong value: it must begin with 'arn:'.")
        yield from self._misnamed()
        for name in ("region", "service", "access_key", "session_token"):
            value = getattr(self, name) or ""
            yield from headers.value_findings(value, f"the field {name}")
            if not value.isascii():
                yield finding("header_illegal", f"The field {name} holds a character outside ASCII.")

    def token_source(self, _: TemplateSecrets, /) -> CredentialChain | None:
        """Return the source of temporary credentials; None if the document has permanent ones."""
        if not self._is_temporary:
            return None
        return CredentialChain(
            self.region, self.profile, self.role_arn, self._own if self.access_key else None
        )

    def _misnamed(self) -> Iterator[Finding]:
        """Yield findings for names that AWS refuses; none shows a text that may be a misplaced secret."""
        service = better_service(self.service)
        if is_known(service):
            message = f"The field service has a name that is another one in signatures: {service}."
            yield finding("wrong_type", message, advice=f"Set service to {service}.")
        elif service:
            message = "The field service has a wrong value: a name in signatures has no capital and no blank."
            yield finding("wrong_type", message, advice="Write it as AWS does, such as execute-api.")
        problem, region = better_region(self.region) if self.region.strip() else ("", "")
        if problem:
            advice = f"Set region to {region or 'its code, such as eu-west-1'}."
            yield finding("wrong_type", f"The field region has a wrong value: {problem}.", advice=advice)

    def _missing(self) -> Iterator[Finding]:
        for name in ("region", "service"):
            if not getattr(self, name).strip():
                yield finding("missing_field", f"The field {name} is empty.")
        keys = {"access_key": self.access_key, "secret_key": self.secret_key}
        if any(keys.values()) or self.session_token or not self._is_temporary:
            for name, value in keys.items():
                if not value:
                    yield finding("missing_field", f"The field {name} is missing.")
        if any(keys.values()) and self.profile:
            yield finding("given_twice", "Credentials are given twice: by access_key and by profile.")
        for name, value in keys.items():
            if "\n" in (value or "").strip() or "secret access key" in (value or "").lower():
                message = f"The field {name} has a wrong value: it is a whole file of AWS, not one key."
                advice = "Copy the two values: Access key ID to access_key, Secret access key to secret_key."
                yield finding("wrong_type", message, advice=advice)
        if (self.access_key or "").startswith("ASIA") and not self.session_token:
            message = "The field session_token is missing: an access key that begins with ASIA is temporary."
            yield finding("missing_field", message)

    @cached_property
    def _rules(self) -> ServiceRules:
        return rules_of(self.service)

    @cached_property
    def _is_temporary(self) -> bool:
        return bool(self.role_arn or self.profile)

    @cached_property
    def _own(self) -> AwsCredentials:
        return AwsCredentials(
            access_token=self.session_token or "",
            access_key=self.access_key or "",
            secret_key=self.secret_key or "",
        )

    def _signed(
        self, request: PreparedRequest, credentials: AwsCredentials, context: Context, payload: str
    ) -> PreparedRequest:
        amz_date = timestamp(context.now())
        key: SigningKey | None = context.memory.get(_KEY)
        if key is None or key.credentials is not credentials or not amz_date.startswith(key.date):
            key = SigningKey.derived(credentials, self.region, self.service, amz_date[:8])
            context.memory[_KEY] = key
        if self.add_to == "query":
            presign(request, key, amz_date, payload, self.expires)
        else:
            sign(request, key, amz_date, payload)
        return request


def _refuses_credentials(response: FlowResponse, context: Context) -> bool:
    """Return whether newer credentials may help.

    AWS refuses expired credentials with 403, some services with 400, and states the reason in a header or
    in the body, which a flow can't read. If there is a header, it decides. Without one, any 401 or 403
    counts, since the token cache renews at most once a minute.
    """
    error_type = response.headers.get(_ERROR_TYPE)
    if error_type:
        return error_type.startswith(_CREDENTIAL_ERRORS)
    return response.status_code in _REFUSED or response.status_code in context.refresh_on_status
