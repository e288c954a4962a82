"""Credentials of profiles and roles, with a local STS and a real AWS configuration."""

from __future__ import annotations

import hashlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest

import watchword
from watchword import redact
from watchword.findings.finding import errors
from watchword.protocols.sigv4 import canonical
from watchword.protocols.sigv4.credentials import AwsCredentials
from watchword.protocols.sigv4.signer import SigningKey

ROLE = "arn:aws:iam::123456789012:role/reader"
SECRETS = {"AKIDBASE": "base-s3cret", "AKIDPROFILE": "profile-s3cret"}

ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>{role}/watchword</Arn><AssumedRoleId>AROA:watchword</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>
<SessionToken>{token}</SessionToken><Expiration>{ends}</Expiration></Credentials>
</AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>"""

REFUSED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"""


def signer_of(seen, secrets):
    """Return the access key of a request with a right signature, None for any other."""
    headers = {name.lower(): value for name, value in seen.headers.items()}
    credential, names, signature = (part.partition("=")[2] for part in headers["authorization"].split(", "))
    access_key, date, region, service, _ = credential.split("/")
    if access_key not in secrets:
        return None
    credentials = AwsCredentials("", access_key=access_key, secret_key=secrets[access_key])
    key = SigningKey.derived(credentials, region, service, date)
    place = canonical.target(f"http://{headers['host']}{seen.path}", as_s3=False)
    covered = {name: canonical.collapsed(headers[name]) for name in names.split(";")}
    _, form = canonical.canonical_request(seen.method, place, covered, hashlib.sha256(seen.body).hexdigest())
    right = key.signature(key.string_to_sign(headers["x-amz-date"], form)) == signature
    return access_key if right else None


@pytest.fixture
def sts(serve, reply, monkeypatch):
    """Return an STS that assumes roles and remembers for whom; `sts.answer` replaces its response."""
    numbers = count(1)
    server = None

    def answer(seen):
        if server.answer:
            return server.answer
        caller = signer_of(seen, SECRETS)
        if caller is None:
            text = REFUSED.format(code="SignatureDoesNotMatch", message="The request signature we calculated")
            return reply(403, text, {"Content-Type": "text/xml"})
        number = next(numbers)
        server.callers.append((caller, parse_qs(seen.body.decode())))
        server.secrets[f"ASIA{number}"] = f"assumed-s3cret-{number}"
        ends = datetime.now(timezone.utc) + timedelta(seconds=server.lifetime)
        text = ASSUMED.format(
            role=ROLE,
            key=f"ASIA{number}",
            secret=server.secrets[f"ASIA{number}"],
            token=f"session-token-{number}",
            ends=ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        return reply(200, text, {"Content-Type": "text/xml"})

    server = serve(answer)
    server.answer, server.callers, server.secrets, server.lifetime = None, [], {}, 3600
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
    return server


@pytest.fixture
def api(serve, reply, sts):
    """Return an API that accepts STS's credentials; `api.refused` are keys that it refuses, and how."""
    server = None

    def answer(seen):
        key = signer_of(seen, {**sts.secrets, **SECRETS})
        return server.refused.get(key, reply()) if key else reply(403)

    server = serve(answer)
    server.refused = {}
    return server


@pytest.fixture(autouse=True)
def aws_files(tmp_path, monkeypatch):
    """Hide this machine's AWS configuration, and return a folder for another one."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "credentials").write_text(
        "[plain]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = profile-s3cret\n", encoding="utf-8"
    )
    (tmp_path / "config").write_text(
        f"[profile chained]\nrole_arn = {ROLE}\nsource_profile = plain\n"
        "[profile broken]\ncredential_process = false\n"
        "[profile empty]\nregion = eu-central-1\n",
        encoding="utf-8",
    )
    return tmp_path


def connection(server, **fields):
    # The origin's port is part of the identity under which tokens are shared: none outlives its test.
    document = {
        "base_url": server.url, "method": "aws_sigv4", "region": f"test-{server.port}",
        "service": "execute-api", **fields,
    }  # fmt: skip
    return watchword.load(document)


def base_keys():
    return {"access_key": "AKIDBASE", "secret_key": "base-s3cret"}


def call(made, path="/a"):
    with made.session() as session:
        return session.get(path)


def used(seen):
    return seen.headers["Authorization"].partition("Credential=")[2].partition("/")[0]


def test_a_role_is_assumed_with_the_keys_of_the_document(api, sts):
    """The document's keys are sent to STS, the role's keys to the API, after a single call to STS."""
    made = connection(api, role_arn=ROLE, **base_keys())
    assert [call(made).status_code, call(made, "/b").status_code] == [200, 200]
    ((caller, asked),) = sts.callers
    assert caller == "AKIDBASE"
    assert asked["Action"] == ["AssumeRole"]
    assert asked["RoleArn"] == [ROLE]
    assert [used(seen) for seen in api.seen] == ["ASIA1", "ASIA1"]
    assert api.seen[0].headers["X-Amz-Security-Token"] == "session-token-1"


def test_a_role_is_assumed_with_a_profile(api, sts):
    """A role is assumed with the keys of a profile in this machine's files."""
    assert call(connection(api, role_arn=ROLE, profile="plain")).status_code == 200
    assert [caller for caller, _ in sts.callers] == ["AKIDPROFILE"]
    assert used(api.seen[0]) == "ASIA1"


def test_a_profile_signs_with_its_own_keys(api, sts):
    """Permanent keys of a profile need neither STS nor a session token."""
    assert call(connection(api, profile="plain")).status_code == 200
    assert used(api.seen[0]) == "AKIDPROFILE"
    assert "X-Amz-Security-Token" not in api.seen[0].headers
    assert sts.seen == []


def test_a_profile_may_itself_assume_a_role(api, sts):
    """A profile's keys are found by botocore's chain, and expire when it says."""
    made = connection(api, profile="chained")
    assert call(made).status_code == 200
    assert used(api.seen[0]) == "ASIA1"
    assert 1800 <= made.renew_token().token.lifetime <= 3600


def test_presigned_urls_hold_the_session_token(serve, reply, sts):
    """In a presigned URL the session token is signed and sent, and a newer one replaces it."""
    answers = iter([reply(403), reply()])
    server = serve(lambda _: next(answers))
    assert call(connection(server, role_arn=ROLE, add_to="query", **base_keys())).status_code == 200
    first, second = (parse_qs(urlsplit(seen.path).query) for seen in server.seen)
    assert second["X-Amz-Security-Token"] == ["session-token-2"]
    query = first
    assert query["X-Amz-Security-Token"] == ["session-token-1"]
    assert query["X-Amz-Credential"][0].startswith("ASIA1/")


def test_threads_share_one_call_of_sts(api, sts):
    """Sixteen threads with their own connections share one AssumeRole call."""
    with ThreadPoolExecutor(16) as pool:
        made = pool.map(lambda _: call(connection(api, role_arn=ROLE, **base_keys())), range(16))
        assert {response.status_code for response in made} == {200}
    assert len(sts.callers) == 1


def test_credentials_are_renewed_before_they_end(api, sts):
    """Credentials that last only another second are renewed before the next request."""
    sts.lifetime = 3600
    made = connection(api, role_arn=ROLE, **base_keys())
    call(made)
    made.credential.token_cache._clock = lambda: time.monotonic() + sts.lifetime - 1
    call(made)
    assert [used(seen) for seen in api.seen] == ["ASIA1", "ASIA2"]


@pytest.mark.parametrize(
    ("status", "headers", "tries"),
    [
        (403, {}, ["ASIA1", "ASIA2"]),
        (401, {}, ["ASIA1", "ASIA2"]),
        (400, {"x-amzn-ErrorType": "ExpiredTokenException:http://internal.amazon.com/"}, ["ASIA1", "ASIA2"]),
        (403, {"x-amzn-ErrorType": "AccessDeniedException"}, ["ASIA1"]),
        (400, {}, ["ASIA1"]),
        (404, {}, ["ASIA1"]),
    ],
)
def test_refused_credentials_are_renewed_once(api, sts, reply, status, headers, tries):
    """After a refusal that may be due to the credentials, the whole request is sent once with new ones."""
    api.refused["ASIA1"] = reply(status, headers=headers)
    with connection(api, role_arn=ROLE, **base_keys()).session() as session:
        assert session.post("/a", data=b"content").status_code == (200 if len(tries) > 1 else status)
    assert [used(seen) for seen in api.seen] == tries
    assert {seen.body for seen in api.seen} == {b"content"}


def test_a_file_is_sent_whole_the_second_time(api, sts, reply, tmp_path):
    """The hash covers the whole file on both tries, although the first try left it at its end."""
    api.refused["ASIA1"] = reply(403)
    path = tmp_path / "upload"
    path.write_bytes(b"content of a file")
    with connection(api, role_arn=ROLE, **base_keys()).session() as session, path.open("rb") as file:
        assert session.put("/a", data=file).status_code == 200
    assert [seen.body for seen in api.seen] == [b"content of a file"] * 2


def test_lasting_keys_are_not_tried_twice(api, reply):
    """A 403 to the document's own keys is final: there are no newer ones."""
    api.refused["AKIDBASE"] = reply(403)
    assert call(connection(api, **base_keys())).status_code == 403
    assert len(api.seen) == 1


@pytest.mark.parametrize(
    ("profile", "said"),
    [("absent", "ProfileNotFound"), ("broken", "CredentialRetrievalError"), ("empty", "no credentials")],
)
def test_a_profile_without_credentials_is_an_error_that_names_it(api, sts, profile, said):
    """A profile that is missing, fails or is empty has one code, and is named."""
    with pytest.raises(watchword.TokenError) as error:
        call(connection(api, profile=profile))
    assert error.value.code == "aws_credentials_missing"
    assert profile in str(error.value)
    assert said in str(error.value)
    assert api.seen == []


def test_a_broken_file_is_an_error_with_a_code(api, aws_files):
    """An invalid configuration ends in a finding."""
    (aws_files / "config").write_text("[profile\nbroken", encoding="utf-8")
    with pytest.raises(watchword.TokenError) as error:
        call(connection(api, profile="plain"))
    assert error.value.code == "aws_credentials_missing"


@pytest.mark.parametrize(
    ("status", "name", "message", "code"),
    [
        (403, "AccessDenied", "not authorized to perform: sts:AssumeRole", "access_denied"),
        (403, "InvalidClientTokenId", "The security token ... is invalid.", "aws_key_unknown"),
        (403, "SignatureDoesNotMatch", "The request signature we calculated ...", "signature_mismatch"),
        (403, "ExpiredToken", "The security token ... is expired", "aws_token_expired"),
        (400, "ValidationError", "1 validation error detected", "invalid_request"),
        (400, "PackedPolicyTooLarge", "too large", "token_refused"),
        (400, "Throttling", "Rate exceeded", "temporarily_unavailable"),
        (503, "ServiceUnavailable", "later", "temporarily_unavailable"),
    ],
)  # fmt: skip
def test_each_refusal_of_sts_has_its_code(api, sts, reply, status, name, message, code):
    """A refusal by STS names the document's keys or the role's rights, and shows no secret."""
    sts.answer = reply(status, REFUSED.format(code=name, message=message), {"Content-Type": "text/xml"})
    with pytest.raises(watchword.TokenError) as error:
        call(connection(api, role_arn=ROLE, **base_keys()))
    assert error.value.code == code
    assert "base-s3cret" not in str(error.value)
    assert error.value.__suppress_context__


def test_an_sts_that_is_down_is_a_network_error(api, sts):
    """A network fault on the way to STS has its own code and can be retried."""
    sts.close()
    with pytest.raises(watchword.TokenError) as error:
        call(connection(api, role_arn=ROLE, **base_keys()))
    assert error.value.code == "connect_refused"
    assert error.value.retryable


def test_an_sts_that_is_slow_is_given_up(api, sts, reply):
    """The connection's timeout limits the whole search for credentials."""
    sts.answer = reply(delay=20)
    with pytest.raises(watchword.TokenError) as error:
        call(connection(api, role_arn=ROLE, timeout=0.5, **base_keys()))
    assert error.value.code == "read_timeout"


def test_new_secrets_are_masked_and_never_logged(api, sts, caplog):
    """The role's secret, which botocore logs at DEBUG, is kept out of the log."""
    caplog.set_level(logging.DEBUG)
    call(connection(api, role_arn=ROLE, **base_keys()))
    told = caplog.text
    assert not [text for text in ("assumed-s3cret", "session-token-1", "base-s3cret") if text in told]
    assert {"ASIA1", "assumed-s3cret-1", "session-token-1"} <= redact.known()
    logging.getLogger("botocore.parsers").debug("Others are heard as before.")
    assert "Others are heard as before." in caplog.text


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_the_fence_sees_the_profile_that_the_environment_names(monkeypatch, variable):
    """`aws:default` allows only the profile named default, not the one that the environment names."""
    monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", "aws:default")
    document = {
        "base_url": "https://api.test", "method": "aws_sigv4", "region": "r", "service": "s",
        "role_arn": ROLE,
    }  # fmt: skip
    assert errors(watchword.load(document, stored=True).lint()) == []
    monkeypatch.setenv(variable, "admin")
    (found,) = watchword.load(document, stored=True).lint()
    assert found.code.name == "reference_not_allowed"
    assert "aws:admin" in found.message


def test_keys_of_the_document_want_no_profile(api, sts, monkeypatch):
    """A missing profile that the environment names doesn't prevent a role from being assumed."""
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    made = connection(api, role_arn=ROLE, access_key="AKIDBASE", secret_key=SECRETS["AKIDBASE"])
    assert call(made).status_code == 200
