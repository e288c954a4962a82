"""What differs between services in AWS Signature Version 4: the path, the body's hash, and its header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class ServiceRules:
    """The rules of a service.

    `as_s3` says that the path is encoded once and sent as it is; other services remove empty and dot
    segments and encode it twice. `sends_hash` says that the body's hash is also sent, as
    X-Amz-Content-SHA256. `hashes_body` is false where TLS alone protects bodies. `may_leave_streams` says
    that a stream may stay without a hash over TLS. `sends_tree_hash` says that uploads need a tree hash.
    """

    as_s3: bool = False
    sends_hash: bool = False
    hashes_body: bool = True
    may_leave_streams: bool = False
    sends_tree_hash: bool = False


_USUAL = ServiceRules()
_S3 = ServiceRules(as_s3=True, sends_hash=True, may_leave_streams=True)

_RULES: Mapping[str, ServiceRules] = MappingProxyType({
    "s3": _S3,  # S3 Control signs as s3 too
    "s3express": _S3,
    "s3-object-lambda": _S3,
    "s3-outposts": _S3,
    "aoss": ServiceRules(sends_hash=True),  # OpenSearch Serverless
    "glacier": ServiceRules(sends_hash=True, sends_tree_hash=True),
    "vpc-lattice-svcs": ServiceRules(sends_hash=True, hashes_body=False),
})  # fmt: skip

SIGNING_NAMES: Mapping[str, str] = MappingProxyType({
    "s3-control": "s3",
    "s3control": "s3",
    "s3outposts": "s3-outposts",
    "opensearchserverless": "aoss",
})  # fmt: skip
"""Names of these services in SDKs and hosts, which AWS refuses in signatures, with those that it expects."""


def rules_of(service: str) -> ServiceRules:
    """Return the rules of the service with this name in signatures."""
    return _RULES.get(service, _USUAL)
