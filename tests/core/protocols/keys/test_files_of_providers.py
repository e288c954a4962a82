"""Files of providers that people paste whole: read if they hold a key, else named with what to do."""

from __future__ import annotations

import json

import pytest

import watchword
from watchword.errors import DocumentError
from watchword.protocols.keys import read_private_key
from watchword.protocols.keys.client_certificate import read_client_certificate
from watchword.validation.decoys.keys import decoy_certificate

SECRET = "s3cret-of-the-file"

NAMED = {
    "SAP BTP": (
        {"clientid": "sb-1", "clientsecret": SECRET, "url": "https://a.test"},
        "service key of SAP BTP",
    ),
    "SAP BTP, with a part uaa": (
        {
            "url": "https://a.test",
            "uaa": {"clientid": "sb-1", "clientsecret": SECRET, "url": "https://b.test"},
        },
        "service key of SAP BTP",
    ),
    "az ad sp create-for-rbac": (
        {"appId": "a", "displayName": "etl", "password": SECRET, "tenant": "t"},
        "service principal of Azure",
    ),
    "az ad sp create-for-rbac --sdk-auth": (
        {"clientId": "a", "clientSecret": SECRET, "subscriptionId": "s", "tenantId": "t"},
        "service principal of Azure",
    ),
    "az ad sp create-for-rbac --create-cert": (
        {"appId": "a", "fileWithCertAndPrivateKey": "/home/a/tmp.pem", "password": None, "tenant": "t"},
        "whose key is in another file",
    ),
    "Adobe's config.json": (
        {"CLIENT_ID": "c", "CLIENT_SECRETS": [SECRET], "ORG_ID": "o@AdobeOrg"},
        "config.json of a project at Adobe",
    ),
    "Docusign's config": (
        {"dsJWTClientId": "c", "impersonatedUserGuid": "u", "privateKeyLocation": "private.key"},
        "Docusign",
    ),
    "aws sts": (
        {"Credentials": {"AccessKeyId": "ASIA1", "SecretAccessKey": SECRET, "SessionToken": SECRET}},
        "an access key of AWS",
    ),
    "aws iam create-access-key": (
        {"AccessKey": {"UserName": "etl", "AccessKeyId": "AKIA1", "SecretAccessKey": SECRET}},
        "an access key of AWS",
    ),
    "any OAuth client": ({"client_id": "c", "client_secret": SECRET}, "credentials of an OAuth client"),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_file_without_a_key_is_named(name):
    """A file with a client's secret or an access key is told as what it is, and nothing of it is shown."""
    content, words = NAMED[name]
    with pytest.raises(DocumentError, match=words) as error:
        read_private_key(json.dumps(content))
    assert SECRET not in str(error.value)
    assert error.value.findings[0].advice


PAIR = decoy_certificate()


def service_key():
    certificate, key = PAIR
    return json.dumps(
        {"clientid": "sb-1", "certificate": certificate, "key": key, "certurl": "https://a.cert.test"}
    )


def test_a_service_key_of_sap_is_a_client_certificate():
    """Certificate and key of a service key are used as they stand in its JSON."""
    read = read_client_certificate(None, service_key(), None)
    assert read == read_client_certificate(*PAIR, None)
    assert read_private_key(service_key()).key is not None
    document = {
        "base_url": "https://api.test",
        "method": "oauth2_client_credentials",
        "token_url": "https://a.cert.test/oauth/token",
        "client_id": "sb-1",
        "client_auth": "tls_client_auth",
    }
    assert watchword.load({**document, "client_private_key": service_key()}).lint() == []
    in_clear = watchword.load({**document, "client_certificate": service_key()}).lint()
    assert {item.code.name for item in in_clear} == {"secret_in_clear"}


@pytest.mark.parametrize("field", ["access_key", "secret_key"])
@pytest.mark.parametrize(
    "text",
    [
        "Access key ID,Secret access key\nAKIAIOSFODNN7EXAMPLE,s3cret-of-the-file",
        "User name,Password,Access key ID,Secret access key,Console\r\netl,,AKIA,s3cret-of-the-file,",
        "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s3cret-of-the-file",
        "User Name,Access Key Id,Secret Access Key etl,AKIA,s3cret-of-the-file",
    ],
)
def test_a_file_of_aws_is_no_key(field, text):
    """A CSV or an INI file of AWS in the place of one key is named before anything is signed with it."""
    keys = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "k" * 40, field: text}
    document = {"base_url": "https://a.test", "method": "aws_sigv4", "region": "eu-west-1", "service": "s3"}
    found = watchword.load({**document, **keys}).lint()
    assert [item for item in found if "a whole file of AWS" in item.message and field in item.message], found
    assert SECRET not in str(found)
