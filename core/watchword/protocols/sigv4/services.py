"""What differs between services in AWS Signature Version 4: the path, the body's hash, and its header."""

from __future__ import annotations

import re
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

_IN_CAPITALS: Mapping[str, str] = MappingProxyType({
    name.lower(): name for name in ("AWSMobileHubService", "IoTSecuredTunneling", "ProductAdvertisingAPI")
})  # fmt: skip
"""The names in signatures that have capitals, by the same in lower case."""

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "s3": ("s3-control", "s3control"),
    "s3-outposts": ("s3outposts",),
    "aoss": ("opensearchserverless",),
    "es": ("opensearch", "elasticsearch"),
    "execute-api": ("apigatewaymanagementapi", "connectparticipant"),
    "apigateway": ("apigatewayv2",),
    "airflow": ("mwaa",),
    "aps": ("amp", "prometheus"),
    "bedrock": ("bedrock-runtime", "bedrock-agent", "bedrock-agent-runtime", "bedrock-data-automation"),
    "sagemaker": ("sagemaker-runtime", "sagemaker-featurestore-runtime", "sagemaker-metrics",
        "runtime.sagemaker"),
    "lex": ("lex-runtime", "lex-models", "lexv2-runtime", "lexv2-models", "runtime.lex"),
    "personalize": ("personalize-runtime", "personalize-events"),
    "iotdata": ("iot-data",),
    "timestream": ("timestream-query", "timestream-write"),
    "states": ("stepfunctions",),
    "dynamodb": ("dynamodbstreams",),
    "ses": ("sesv2", "email", "pinpoint-email", "mailmanager"),
    "mobiletargeting": ("pinpoint",),
    "cloudsearch": ("cloudsearchdomain",),
    "neptune-db": ("neptunedata",),
    "geo": ("location",),
    "appconfig": ("appconfigdata",),
    "cassandra": ("keyspaces",),
    "elasticmapreduce": ("emr",),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elb", "elbv2"),
    "kinesisvideo": ("kinesis-video-media", "kinesis-video-archived-media", "kinesis-video-signaling"),
    "chime": ("chime-sdk-messaging", "chime-sdk-identity", "chime-sdk-meetings", "chime-sdk-voice"),
    "aws-marketplace": ("marketplace-catalog", "marketplace-entitlement", "meteringmarketplace"),
    "payment-cryptography": ("payment-cryptography-data",),
    "profile": ("customer-profiles",),
    "wisdom": ("qconnect",),
    "servicequotas": ("service-quotas",),
    "tagging": ("resourcegroupstaggingapi",),
    "cloudcontrolapi": ("cloudcontrol",),
    "access-analyzer": ("accessanalyzer",),
    "events": ("eventbridge",),
    "kafka": ("msk",),
})  # fmt: skip
"""The name of each service in signatures, and its other names in SDKs and hosts."""

SIGNING_NAMES: Mapping[str, str] = MappingProxyType(
    {other: name for name, others in _OTHER_NAMES.items() for other in others}
)
"""Names in SDKs and hosts, which AWS refuses in signatures, with those that it expects."""

_HOST = re.compile(
    r"(?:[a-z0-9-]+\.)*?([a-z0-9-]+)(?:\.[a-z]{2}(?:-[a-z]+)+-[0-9])?\.amazonaws\.com(?:\.cn)?"
)
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]")
_SPACES = re.compile(r"\s+")


def better_service(service: str) -> str:
    """Return the name that signatures need instead of this one, "" if this may be one."""
    name = _SPACES.sub("-", service.strip()).lower()
    host = _HOST.fullmatch(name)
    name = host[1] if host else name
    name = _IN_CAPITALS.get(name) or SIGNING_NAMES.get(name, name)
    return name if name != service else ""


def better_region(region: str) -> tuple[str, str]:
    """Return what is wrong with the name of a region, and the right name if it is clear; "" if it may be one.

    Servers that speak S3 name their regions freely, such as auto, fr-par and RegionOne.
    """
    name = region.strip().lower().replace("_", "-")
    if name != region and _REGION.fullmatch(name):
        return "a region is written in lower case, with hyphens", name
    if re.search(r"[\s()]", region):
        return "a region has no blank", ""
    if _REGION.fullmatch(name[:-1]) and name[-1:].isalpha():
        return "it names an availability zone", name[:-1]
    return "", ""


def is_known(service: str) -> bool:
    """Return whether this module has the name in signatures; other names may be anything, even a secret."""
    return service in _OTHER_NAMES or service in _RULES or service.lower() in _IN_CAPITALS


def rules_of(service: str) -> ServiceRules:
    """Return the rules of the service with this name in signatures."""
    return _RULES.get(service, _USUAL)
