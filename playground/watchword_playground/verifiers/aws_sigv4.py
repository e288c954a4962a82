"""AWS Signature Version 4, in headers and presigned. botocore computes the signature again to compare it."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote_to_bytes
from xml.sax.saxutils import escape

from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse

from watchword_playground.credentials import Fields, accounts, same
from watchword_playground.http.raw_request import path
from watchword_playground.http.refusals import REVOKED
from watchword_playground.libraries import require_library
from watchword_playground.state.state import state_of

if TYPE_CHECKING:
    from botocore.auth import SigV4Auth  # type: ignore[import-untyped]
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]

METHOD = "aws_sigv4"
_ALGORITHM = "AWS4-HMAC-SHA256"
_TIME = "%Y%m%dT%H%M%SZ"
_SKEW = timedelta(minutes=15)
_LONGEST = timedelta(days=7)  # the longest lifetime of a presigned URL

require_library("botocore")


class AwsRefusal(HTTPException):
    """A refusal with its AWS error code. AWS answers 403 where other APIs answer 401."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(403, message)
        self.code = code


class SignatureParameters(NamedTuple):
    """The signature parameters of a request, from the header or the query."""

    access_key: str
    scope: tuple[str, ...]
    headers: frozenset[str]
    signature: str
    time: datetime
    session_token: str | None
    lifetime: timedelta | None
    """The lifetime of a presigned URL, None for a signature in the header."""
    malformed: str
    """AWS's error code for malformed parameters."""


async def aws_sigv4(request: Request) -> str:
    """Accept a request whose signature equals the one computed here."""
    signed = _signature_parameters(request)
    account = _account(signed)
    _check_time(signed)
    _check_token(signed, account)
    _check_coverage(signed, request)
    body = await request.body()
    hashed = request.headers.get("X-Amz-Content-SHA256")
    if hashed is not None and hashed != sha256(body).hexdigest():
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise AwsRefusal("XAmzContentSHA256Mismatch", message)
    _check_signature(signed, account, request, body)
    if state_of(request).is_revoked(METHOD):
        code = "ExpiredToken" if signed.session_token else "InvalidAccessKeyId"
        raise AwsRefusal(code, f"The security token included in the request is invalid: {REVOKED}.")
    return signed.access_key


async def aws_response(request: Request, refusal: Exception) -> Response:
    """Return the error in JSON, as API Gateway does, or in S3's XML if the client accepts XML."""
    if not isinstance(refusal, AwsRefusal):
        raise TypeError(f"this handles an AwsRefusal, not a {type(refusal).__name__}")
    headers = {"x-amzn-ErrorType": refusal.code}
    if "xml" in request.headers.get("Accept", ""):
        error = f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.detail)}</Message></Error>"
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'
        return Response(text, refusal.status_code, headers, "application/xml")
    return JSONResponse({"message": refusal.detail}, refusal.status_code, headers)


def _signature_parameters(request: Request) -> SignatureParameters:
    """Read the signature parameters from the header or the query, but not from both."""
    query = dict(parse_qsl(request.url.query, keep_blank_values=True))
    algorithm, _, rest = request.headers.get("Authorization", "").partition(" ")
    in_header, in_query = algorithm == _ALGORITHM, "X-Amz-Algorithm" in query
    if not in_header and not in_query:
        raise AwsRefusal("MissingAuthenticationToken", "Missing Authentication Token")
    if in_header and in_query:
        raise AwsRefusal("InvalidArgument", "Only one auth mechanism allowed")
    if in_query:
        names = ("Credential", "SignedHeaders", "Signature", "Date", "Security-Token", "Expires")
        given = {name: query[f"X-Amz-{name}"] for name in names if f"X-Amz-{name}" in query}
        return _read({"Expires": "", **given}, "AuthorizationQueryParametersError")
    given = dict(_pair(part) for part in rest.split(","))
    given["Date"] = request.headers.get("X-Amz-Date") or request.headers.get("Date", "")
    if "X-Amz-Security-Token" in request.headers:
        given["Security-Token"] = request.headers["X-Amz-Security-Token"]
    given.pop("Expires", None)
    return _read(given, "AuthorizationHeaderMalformed")


def _read(given: Mapping[str, str], malformed: str) -> SignatureParameters:
    try:
        access_key, *scope = given["Credential"].split("/")
        lifetime = timedelta(seconds=int(given["Expires"])) if "Expires" in given else None
        signed = SignatureParameters(
            access_key,
            tuple(scope),
            frozenset(given["SignedHeaders"].split(";")),
            given["Signature"],
            _time(given["Date"]),
            given.get("Security-Token"),
            lifetime,
            malformed,
        )
    except KeyError as missing:
        raise AwsRefusal(malformed, f"Authorization requires the parameter {missing}.") from None
    except (ValueError, OverflowError):
        raise AwsRefusal(malformed, "A date or an expiry can't be read.") from None
    if lifetime is not None and not timedelta(0) < lifetime <= _LONGEST:
        raise AwsRefusal(malformed, f"X-Amz-Expires must be between 1 and {_LONGEST.total_seconds():.0f}.")
    return signed


def _time(text: str) -> datetime:
    """Read X-Amz-Date, or the Date header, which may replace it."""
    if "," in text:
        return parsedate_to_datetime(text).astimezone(timezone.utc)
    return datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc)


def _account(signed: SignatureParameters) -> Fields:
    """Return the account. The credential scope must name this service, its region and the day."""
    account = next((each for each in accounts(METHOD) if each["access_key"] == signed.access_key), None)
    if account is None:
        message = "The AWS Access Key Id you provided does not exist in our records."
        raise AwsRefusal("InvalidAccessKeyId", message)
    expected_scope = (signed.time.strftime("%Y%m%d"), account["region"], account["service"], "aws4_request")
    if len(signed.scope) != len(expected_scope):
        raise AwsRefusal(signed.malformed, "The credential must have five parts, divided by slashes.")
    names = ("date", "region", "service", "terminator")
    for name, given, expected in zip(names, signed.scope, expected_scope, strict=True):
        if given != expected:
            raise AwsRefusal(signed.malformed, f"The {name} '{given}' is wrong; expecting '{expected}'")
    return account


def _check_time(signed: SignatureParameters) -> None:
    now = datetime.now(timezone.utc)
    too_old = signed.lifetime is None and signed.time < now - _SKEW
    if too_old or signed.time > now + _SKEW:
        message = "The difference between the request time and the current time is too large"
        times = f"RequestTime {signed.time.strftime(_TIME)}, ServerTime {now.strftime(_TIME)}"
        raise AwsRefusal("RequestTimeTooSkewed", f"{message}: {times}.")
    if signed.lifetime is not None and now > signed.time + signed.lifetime:
        raise AwsRefusal("RequestExpired", "Request has expired.")


def _check_token(signed: SignatureParameters, account: Fields) -> None:
    if not same(signed.session_token or "", account.get("session_token", "")):
        raise AwsRefusal("InvalidToken", "The security token included in the request is invalid.")


def _check_coverage(signed: SignatureParameters, request: Request) -> None:
    """Require that the host and every x-amz- header is signed."""
    required = {"host", *(name for name in request.headers if name.startswith("x-amz-"))}
    if unsigned := sorted(required - signed.headers):
        message = f"There were headers present in the request which were not signed: {', '.join(unsigned)}"
        raise AwsRefusal(signed.malformed, message)


def _check_signature(signed: SignatureParameters, account: Fields, request: Request, body: bytes) -> None:
    """Let botocore sign the request, and compare. The error shows the expected canonical request."""
    rebuilt = _rebuilt(signed, request, body)
    signer = _signer()(
        BotocoreKeys(account["access_key"], account["secret_key"]), account["service"], account["region"]
    )
    canonical = signer.canonical_request(rebuilt)
    to_sign = signer.string_to_sign(rebuilt, canonical)
    if not same(signed.signature, signer.signature(to_sign, rebuilt)):
        raise AwsRefusal(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your "
            "AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n"
            f"The Canonical String for this request should have been\n'{canonical}'\n\n"
            f"The String-to-Sign should have been\n'{to_sign}'\n",
        )


def _rebuilt(signed: SignatureParameters, request: Request, body: bytes) -> "AWSRequest":
    """Return the request as it was sent, with the signed headers only."""
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415 -- slow to import

    url = f"{request.url.scheme}://{request.url.netloc}{path(request)}?{_query(request)}"
    rebuilt = AWSRequest(request.method, url, data=body)
    for name, value in request.headers.raw:
        if name.decode("latin-1") in signed.headers:
            rebuilt.headers[name.decode("latin-1")] = value.decode("utf-8", "replace")
    rebuilt.context["timestamp"] = signed.time.strftime(_TIME)
    return rebuilt


class BotocoreKeys(NamedTuple):
    """A key pair in botocore's form. The session token isn't part of it: it is signed like other headers."""

    access_key: str
    secret_key: str
    token: None = None


@cache
def _signer() -> "type[SigV4Auth]":
    from botocore.auth import SigV4Auth  # noqa: PLC0415 -- slow to import

    class Signer(SigV4Auth):  # type: ignore[misc]  # botocore ships no types
        """botocore's signer for the headers that the client has signed."""

        def headers_to_sign(self, request: Any) -> Any:  # noqa: ANN401 -- botocore's types
            """Return all headers: `_rebuilt` has removed the others."""
            return request.headers

    return Signer


def _query(request: Request) -> str:
    """Return the query without the signature, each part in AWS's canonical encoding."""
    pairs = [part.partition("=") for part in request.url.query.split("&") if part]
    encoded = [(_canonical(name), _canonical(value)) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in encoded if name != "X-Amz-Signature")


def _canonical(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ")), safe="-_.~")


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.strip().partition("=")
    return name, value
