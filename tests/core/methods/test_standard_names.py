"""Documents use the standard names of fields and values, and may use the former ones."""

import pytest

import watchword
from watchword.cli.connections.settings import with_settings, without_fields
from watchword.connections.masked import masked
from watchword.connections.storable import normalized
from watchword.document.field_names import SYNONYMS, VALUE_SYNONYMS
from watchword.document.reading import read
from watchword.methods import METHODS

OAUTH2 = {"base_url": "https://api.test", "token_url": "https://auth.test/t", "client_id": "c"}
CLIENT = {**OAUTH2, "method": "oauth2_client_credentials", "client_secret": "s"}
CODE = {**OAUTH2, "method": "oauth2_authorization_code", "client_secret": "s"}
DEVICE = {**OAUTH2, "method": "oauth2_device_code", "client_auth": "none"}
EXCHANGE = {**OAUTH2, "method": "oauth2_token_exchange", "subject_token": "t", "client_secret": "s"}
OAUTH1 = {"base_url": "https://api.test", "method": "oauth1", "consumer_key": "c", "consumer_secret": "s"}

URL = "https://auth.test/x"

FIELDS = [
    (CLIENT, "token_endpoint", "token_url", "https://auth.test/t"),
    (CLIENT, "grant_url", "token_url", "https://auth.test/t"),
    (CLIENT, "token_endpoint_auth_method", "client_auth", "client_secret_post"),
    (CODE, "authorization_endpoint", "authorize_url", URL),
    (CODE, "revoke_url", "revocation_endpoint", URL),
    (CODE, "refresh_token_name", "refresh_name", "access_token"),
    (DEVICE, "device_url", "device_authorization_endpoint", URL),
    (EXCHANGE, "subject_kind", "subject_token_type", "jwt"),
    (EXCHANGE, "actor_kind", "actor_token_type", "id_token"),
    (EXCHANGE, "requested_kind", "requested_token_type", "saml2"),
    (OAUTH1, "request_url", "request_token_url", URL),
    (OAUTH1, "exchange_url", "access_token_url", URL),
]

VALUES = [
    ("header", "client_secret_basic"),
    ("body", "client_secret_post"),
    ("mtls", "tls_client_auth"),
]

# What version 0.1.0 hashed for these documents; it called the fields and values by their former names.
UNCHANGED = (
    ("assertion_algorithm", "RS256"),
    ("assertion_audience", ""),
    ("assertion_key_id", ""),
    ("audience", ""),
    ("basic_encoding", "form"),
)
REST = (
    ("client_id", "c"),
    ("client_secret", "s"),
    ("default_lifetime", None),
    ("grant_body", "{}"),
    ("grant_format", "form"),
    ("grant_headers", "{}"),
    ("private_key", None),
    ("private_key_passphrase", None),
)


def identity(document):
    return read(document).method.token_source({}).identity


def test_every_synonym_is_listed_here():
    """A new synonym gets its own example, and leads to a field that a method has."""
    assert {(synonym, name) for _, synonym, name, _ in FIELDS} == set(SYNONYMS.items())
    assert dict(VALUES) == VALUE_SYNONYMS["client_auth"]
    assert set(VALUE_SYNONYMS) == {"client_auth", "hash_algorithm"}
    known = {name for method in METHODS.values() for name in method.model_fields}
    assert set(SYNONYMS.values()) <= known
    assert not set(SYNONYMS) & known


@pytest.mark.parametrize(("document", "synonym", "name", "value"), FIELDS)
def test_a_synonym_reads_as_the_field_itself(document, synonym, name, value):
    """A document with a synonym of a field is the same document, and both may be given with one value."""
    rest = {key: each for key, each in document.items() if key != name}
    standard = read({**rest, name: value})
    assert read({**rest, synonym: value}) == standard
    assert read({**rest, synonym: value, name: value}) == standard
    assert getattr(standard.method, name) == value


@pytest.mark.parametrize(("document", "synonym", "name", "value"), FIELDS)
def test_a_synonym_with_another_value_is_an_error(document, synonym, name, value):
    """A field that is given twice with different values is refused, and both names are told."""
    other = "none" if name == "client_auth" else "https://auth.test/other"
    with pytest.raises(watchword.DocumentError, match=synonym) as error:
        read({**document, name: value, synonym: other})
    assert error.value.code == "given_twice"
    assert name in str(error.value)


@pytest.mark.parametrize(("former", "standard"), VALUES)
@pytest.mark.parametrize("field", ["client_auth", "token_endpoint_auth_method"])
def test_a_former_value_reads_as_the_standard_value(field, former, standard):
    """A former value of client_auth becomes the standard one, under both names of the field."""
    found = read({**CLIENT, field: former, "client_auth": standard})
    assert found == read({**CLIENT, "client_auth": standard})
    assert found.method.client_auth == standard


def test_the_default_is_the_standard_s():
    """Without client_auth, a client authenticates by client_secret_basic (RFC 7591 section 2)."""
    assert read(CLIENT).method.client_auth == "client_secret_basic"


def test_a_document_is_printed_with_standard_names():
    """The fields of a former document have their standard names and values when it is written back."""
    former = {"method": "oauth2_device_code", "client_auth": "body", "grant_url": URL, "device_url": URL}
    standard = {
        "method": "oauth2_device_code",
        "client_auth": "client_secret_post",
        "token_url": URL,
        "device_authorization_endpoint": URL,
    }
    assert normalized(former) == standard
    assert masked(former) == standard


def test_the_command_line_takes_synonyms():
    """`--set` and `--unset` take former names and values, and the document gets the standard ones."""
    document = with_settings({"method": "oauth2_device_code"}, [f"revoke_url={URL}", "client_auth=body"])
    assert document == {
        "method": "oauth2_device_code",
        "revocation_endpoint": URL,
        "client_auth": "client_secret_post",
    }
    assert without_fields(document, ["revoke_url", "token_endpoint_auth_method"]).keys() == {"method"}


def test_a_mistyped_synonym_leads_to_the_standard_name():
    """The advice about an unknown field names the field itself."""
    with pytest.raises(watchword.DocumentError, match=r"Did you mean revocation_endpoint\?"):
        read({**CODE, "revoke_uri": URL})
    with pytest.raises(watchword.DocumentError) as error:
        read({**CLIENT, "revoke_uri": URL})
    assert "revocation_endpoint" not in str(error.value)


@pytest.mark.parametrize(
    ("client_auth", "hashed"),
    [
        ("client_secret_basic", "header"),
        ("client_secret_post", "body"),
        ("client_secret_jwt", "client_secret_jwt"),
        ("tls_client_auth", "mtls"),
        ("self_signed_tls_client_auth", "mtls"),
        ("none", "none"),
    ],
)
def test_stored_tokens_are_found_again_by_any_client_authentication(client_auth, hashed):
    """The identity of a document holds the former value, so its fingerprint is that of earlier versions."""
    assert ("client_auth", hashed) in identity({**CLIENT, "client_auth": client_auth})


def test_stored_tokens_of_an_exchange_are_found_again():
    """The identity of a token exchange is, byte for byte, that of earlier versions."""
    document = {
        **EXCHANGE,
        "subject_token_type": "jwt",
        "actor_token": "a",
        "actor_token_type": "id_token",
        "requested_token_type": "saml2",
    }
    assert identity(document) == (
        ("actor_kind", "id_token"),
        ("actor_token", "a"),
        *UNCHANGED,
        ("client_auth", "header"),
        *REST,
        ("requested_kind", "saml2"),
        ("resource", ""),
        ("response_access_path", "access_token"),
        ("response_expires_path", "expires_in"),
        ("scope", ""),
        ("scope_separator", " "),
        ("subject_kind", "jwt"),
        ("subject_token", "t"),
        ("token_url", "https://auth.test/t"),
    )


def test_a_sign_in_does_not_depend_on_where_it_starts_or_ends():
    """The endpoints that were renamed are not in the identity of a sign-in."""
    urls = {"device_authorization_endpoint": URL, "revocation_endpoint": URL}
    assert identity(DEVICE) == identity({**DEVICE, **urls})


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("SHA-256", "SHA256"), ("sha256", "SHA256"), ("sha-256", "SHA256"), ("HMAC-SHA256", "SHA256"),
        ("hmac-sha256", "SHA256"), ("HmacSHA256", "SHA256"), ("HMAC-SHA-512", "SHA512"), ("sha384", "SHA384"),
        ("HmacSHA1", "SHA1"), ("sha1", "SHA1"), ("md5", "MD5"), ("HmacMD5", "MD5"), ("SHA512", "SHA512"),
    ],
)  # fmt: skip
def test_a_hash_has_the_names_of_manuals(name, own):
    """A manual's or a library's name of the hash is taken, and stored under the library's own."""
    document = {"base_url": "https://api.test", "method": "hmac_signature", "hmac_secret": "s" * 20,
                "string_to_sign": "{{method}}", "hash_algorithm": name}  # fmt: skip
    assert read(document).method.hash_algorithm == own


@pytest.mark.parametrize("name", ["SHA-224", "SHA3-256", "RSA-SHA256", "HS256", "Sha256", "SHA256 "])
def test_another_hash_is_refused(name):
    """A name of another hash is an error, never the nearest one."""
    document = {"base_url": "https://api.test", "method": "hmac_signature", "hmac_secret": "s" * 20,
                "string_to_sign": "{{method}}", "hash_algorithm": name}  # fmt: skip
    with pytest.raises(watchword.DocumentError, match="hash_algorithm"):
        watchword.load(document).session()
