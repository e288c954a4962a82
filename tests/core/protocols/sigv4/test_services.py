"""The rules of each service, compared with botocore's signers byte for byte."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from io import BytesIO
from itertools import product

import botocore.session
import pytest
import requests
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import calculate_tree_hash

import watchword
from watchword.errors import RequestError
from watchword.flow import Context
from watchword.methods.aws_sigv4 import AwsSigV4
from watchword.protocols.sigv4.services import SIGNING_NAMES
from watchword.protocols.sigv4.tree_hash import tree_hash

NOW = 1_440_938_160.0
MOMENT = datetime.fromtimestamp(NOW, timezone.utc)
ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "eu-central-1"
HASH = "X-Amz-Content-SHA256"

LIKE_S3 = ["s3", "s3express", "s3-object-lambda", "s3-outposts"]
IN_CAPITALS = ["AWSMobileHubService", "IoTSecuredTunneling", "ProductAdvertisingAPI"]
WITH_HEADER = ["aoss", "glacier"]
UNSIGNED = ["vpc-lattice-svcs"]
USUAL = [
    "execute-api", "dynamodb", "es", "s3tables", "s3vectors", "lambda", "sts", "logs", "monitoring", "aps",
    "bedrock", "sagemaker", "timestream", "neptune-db", "appsync", "kafka-cluster", "osis", "ses", "states",
]  # fmt: skip
"""Services that sign in the usual way, some of whose names look like those of others."""

PATHS = ["/", "/a b", "/a%2Fb/c", "/x//y", "/x/./y/../z", "/%C3%BC", "/a+b", "/a:b@c", "/%252F"]


def signed(service, method, url, body=None, add_to="header", headers=None):
    """Return the request as it is sent."""
    made = AwsSigV4(region=REGION, service=service, access_key=ACCESS, secret_key=SECRET, add_to=add_to)
    request = requests.Request(method, "https://api.example.com/", data=body, headers=headers).prepare()
    request.url = url
    return next(made.flow(request, Context(now=lambda: NOW)))


def by_botocore(signer, service, sent, monkeypatch):
    """Return the signature that botocore computes for a request that is sent."""
    left_out = ("Authorization", "X-Amz-Date")
    headers = {
        name: value
        for name, value in sent.headers.items()
        if name not in left_out and name.lower().startswith(("content-type", "x-amz-"))
    }
    asked = AWSRequest(sent.method, sent.url, headers, sent.body)
    asked.context["payload_signing_enabled"] = service not in UNSIGNED
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: MOMENT)
    signer(Credentials(ACCESS, SECRET), service, REGION).add_auth(asked)
    return asked.headers["Authorization"]


REQUESTS = list(product(PATHS, [None, b"", b'{"a": 1}']))


@pytest.mark.parametrize("service", [*LIKE_S3, *WITH_HEADER, *USUAL])
def test_each_service_is_signed_as_botocore_does(service, monkeypatch):
    """Signature, path and payload are botocore's: the S3 family's path is encoded once, all others' twice."""
    signer = S3SigV4Auth if service in LIKE_S3 else SigV4Auth
    for path, body in REQUESTS:
        sent = signed(service, "POST", f"https://api.example.com{path}?b=2&a=1", body)
        theirs = by_botocore(signer, service, sent, monkeypatch)
        assert sent.headers["Authorization"] == theirs, path
        hashed = hashlib.sha256(body or b"").hexdigest() if service in {*LIKE_S3, *WITH_HEADER} else None
        assert sent.headers.get(HASH) == hashed


def test_lattice_s_bodies_are_left_to_tls(monkeypatch):
    """VPC Lattice gets UNSIGNED-PAYLOAD in header and signature, and paths that are encoded twice."""
    for path, body in REQUESTS:
        sent = signed("vpc-lattice-svcs", "POST", f"https://api.example.com{path}", body)
        assert sent.headers[HASH] == "UNSIGNED-PAYLOAD"
        theirs = by_botocore(SigV4Auth, "vpc-lattice-svcs", sent, monkeypatch)
        assert sent.headers["Authorization"] == theirs, path


@pytest.mark.parametrize("service", ["s3", "vpc-lattice-svcs"])
def test_a_stream_is_left_unsigned_where_that_is_allowed(service):
    """A body that can be read only once is sent without its hash, over TLS."""
    sent = signed(service, "PUT", "https://api.example.com/a", iter([b"x"]))
    assert sent.headers[HASH] == "UNSIGNED-PAYLOAD"


@pytest.mark.parametrize("service", ["aoss", "glacier", "execute-api"])
def test_a_stream_is_refused_where_its_hash_is_needed(service):
    """A body that can be read only once is refused by a typed error, as the service needs its hash."""
    with pytest.raises(RequestError) as error:
        signed(service, "PUT", "https://api.example.com/a", iter([b"x"]))
    assert error.value.code == "body_not_signable"


def query_of(url):
    return dict(pair.partition("=")[::2] for pair in url.partition("?")[2].split("&"))


@pytest.mark.parametrize("service", [*LIKE_S3, *WITH_HEADER, "execute-api", "sts"])
def test_a_presigned_url_is_botocore_s(service, monkeypatch):
    """A presigned URL has botocore's signature: S3's body stays unsigned, others have the hash of none."""
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: MOMENT)
    signer = S3SigV4QueryAuth if service in LIKE_S3 else SigV4QueryAuth
    for path in PATHS:
        sent = signed(service, "GET", f"https://api.example.com{path}", add_to="query")
        asked = AWSRequest("GET", sent.url.partition("?")[0], {}, None)
        signer(Credentials(ACCESS, SECRET), service, REGION, expires=900).add_auth(asked)
        assert query_of(sent.url)["X-Amz-Signature"] == query_of(asked.url)["X-Amz-Signature"], path


MIB = 1 << 20


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 7, 5 * MIB])
@pytest.mark.parametrize("chunk", [MIB, 1 << 16, 700_001])
def test_the_tree_hash_is_botocore_s(size, chunk):
    """The tree hash is botocore's for every size, however the body is cut into chunks."""
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    pieces = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    expected = calculate_tree_hash(BytesIO(data)) if data else hashlib.sha256(b"").hexdigest()
    assert tree_hash(pieces) == expected


@pytest.mark.parametrize(
    ("method", "path", "body", "has"),
    [
        ("POST", "/-/vaults/v/archives", b"x", True),
        ("PUT", "/-/vaults/v/multipart-uploads/u", b"x", True),
        ("POST", "/-/vaults/v/multipart-uploads/u", b"", False),
        ("POST", "/-/vaults/v/jobs", b"{}", False),
        ("GET", "/-/vaults", None, False),
    ],
)
def test_glacier_s_uploads_have_a_tree_hash(method, path, body, has):
    """Uploads to Glacier get the signed header of their tree hash, other calls get none."""
    sent = signed("glacier", method, f"https://glacier.eu-central-1.amazonaws.com{path}", body)
    assert ("X-Amz-SHA256-Tree-Hash" in sent.headers) is has
    assert ("x-amz-sha256-tree-hash" in sent.headers["Authorization"]) is has


def test_a_tree_hash_of_the_caller_s_stays():
    """A tree hash that the caller has computed is sent as it is."""
    own = {"x-amz-sha256-tree-hash": "own"}
    sent = signed("glacier", "PUT", "https://api.example.com/a", b"x", headers=own)
    assert sent.headers["x-amz-sha256-tree-hash"] == "own"


@pytest.mark.parametrize("name", SIGNING_NAMES)
def test_a_service_s_other_name_is_found(name):
    """The name of a service in SDKs and hosts is found by lint, with the one that signatures need."""
    document = {
        "base_url": "https://api.example.com",
        "method": "aws_sigv4",
        "region": REGION,
        "service": name,
    }
    [found] = watchword.load(document | {"access_key": ACCESS, "secret_key": SECRET}).lint()
    assert (found.code.name, SIGNING_NAMES[name] in found.advice) == ("wrong_type", True)


OUTSIDE_BOTOCORE = {"s3-control", "runtime.lex", "runtime.sagemaker", "email", "eventbridge", "msk",
                    "prometheus", "elasticsearch"}  # fmt: skip
"""Names of hosts and consoles, by which botocore names no client."""


def test_the_table_of_names_is_botocore_s():
    """The table has the names by which botocore signs for these services."""
    session = botocore.session.get_session()
    assert set(SIGNING_NAMES) >= OUTSIDE_BOTOCORE
    for client in sorted(set(SIGNING_NAMES) - OUTSIDE_BOTOCORE):
        metadata = session.get_service_model(client).metadata
        assert metadata.get("signingName", metadata["endpointPrefix"]) == SIGNING_NAMES[client]


def advice_for(**fields):
    """Return the advices of lint for a document with these fields."""
    document = {
        "base_url": "https://api.example.com",
        "method": "aws_sigv4",
        "region": REGION,
        "service": "es",
    }
    keys = {"access_key": ACCESS, "secret_key": SECRET}
    return [found.advice for found in watchword.load(document | keys | fields).lint()]


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("es ", "es"), ("S3", "s3"), ("Execute-API", "execute-api"), (" bedrock-runtime", "bedrock"),
        ("OpenSearch", "es"), ("MWAA", "airflow"), ("execute-api.amazonaws.com", "execute-api"),
        ("es.eu-west-1.amazonaws.com", "es"), ("xyz.lex-runtime.amazonaws.com", "lex"), ("SES", "ses"),
        ("productadvertisingapi", "ProductAdvertisingAPI"),
    ],
)  # fmt: skip
def test_a_service_s_name_with_blanks_or_capitals_is_found(service, name):
    """AWS refuses such a name, and the rules of S3 wouldn't count for S3 in capitals."""
    assert advice_for(service=service) == [f"Set service to {name}."]


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("eu-west-1 ", "eu-west-1"), ("EU-WEST-1", "eu-west-1"), ("us_gov_west_1", "us-gov-west-1"),
        ("eu-west-1a", "eu-west-1"), ("us-east-1F", "us-east-1"),
        ("Europe (Ireland)", "its code, such as eu-west-1"),
        ("US East", "its code, such as eu-west-1"),
    ],
)  # fmt: skip
def test_what_is_no_region_is_found(region, name):
    """A blank, a name for people and an availability zone don't count as a region."""
    assert advice_for(region=region) == [f"Set region to {name}."]


@pytest.mark.parametrize("secret", [SECRET, "AKIAIOSFODNN7EXAMPLE", f"{SECRET} "])
def test_a_misplaced_secret_is_not_shown(secret):
    """A key that was put into service or region is found, and never shown."""
    document = {"base_url": "https://api.example.com", "method": "aws_sigv4", "access_key": ACCESS}
    conn = watchword.load(document | {"service": secret, "region": f"{secret} ", "secret_key": "s"})
    found = conn.lint()
    assert len(found) == 2
    assert secret.strip().lower() not in str([each.as_dict() for each in found]).lower()


@pytest.mark.parametrize("service", [*USUAL, *LIKE_S3, *WITH_HEADER, *IN_CAPITALS, "my-service_1"])
def test_a_service_s_own_name_is_taken(service):
    """The names in signatures, also those with capitals, and names of other servers are right."""
    assert advice_for(service=service) == []


@pytest.mark.parametrize(
    "region",
    ["us-gov-west-1", "us-iso-east-1", "eusc-de-east-1", "cn-north-1", "ap-southeast-5", "auto", "fr-par",
     "nyc3", "us-west-004", "RegionOne", "garage", "local", "*"],
)  # fmt: skip
def test_a_region_of_aws_and_of_other_servers_is_taken(region):
    """AWS's partitions, and servers that speak S3 and name their regions freely, are right."""
    assert advice_for(service="s3", region=region) == []
