"""Proofs, compared with the examples of RFC 9449 and verified by PyJWT."""

from __future__ import annotations

import jwt
import pytest
from requests import Request

from tests.support.dpop import thumbprint
from watchword.protocols.dpop.proof import Call, ProofKey, add_proof, token_hash
from watchword.protocols.templates import FreshValues

# RFC 9449 sections 4.1, 7.1 and 6.1.
PROOF = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpD"
    "a0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6"
    "IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUu"
    "Y29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-"
    "FNyJK70nfbV37xRZT3Lg"
)
TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
TOKEN_HASH = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def read(proof):
    """Return header and claims of a proof, verified with the key in its header."""
    header = jwt.get_unverified_header(proof)
    claims = jwt.decode(proof, jwt.PyJWK(header["jwk"]).key, ["ES256"], {"verify_iat": False})
    return header, claims


def test_a_proof_has_the_form_of_the_standard_s_example():
    """A proof for the example's request has the members and the values of the example, save key and id."""
    header, claims = read(PROOF)
    made = ProofKey.new().proof(
        Call("POST", "https://server.example.com/token", 1562262616.9, "-BwC3ESc6acc2lTc")
    )
    own_header, own_claims = read(made)
    assert own_claims == claims
    assert (own_header["typ"], own_header["alg"]) == (header["typ"], header["alg"])
    assert own_header.keys() == header.keys()
    assert own_header["jwk"].keys() == header["jwk"].keys()


def test_the_token_is_named_by_its_hash():
    """The claim ath is that of the standard's example (section 7.1), and so is the thumbprint of its key."""
    assert token_hash(TOKEN) == TOKEN_HASH
    assert thumbprint(jwt.get_unverified_header(PROOF)["jwk"]) == THUMBPRINT


@pytest.mark.parametrize("given", [{}, {"nonce": "eyJ7S_zG.eyJH0-Z.HX4w-7v"}, {"access_token": TOKEN}])
def test_nonce_and_hash_are_there_only_if_they_are_needed(given):
    """A proof has a nonce only if the server has given one, and ath only beside an access token."""
    _, claims = read(ProofKey.new().proof(Call("GET", "https://a.test/", 1.0, "id"), **given))
    expected = {"nonce": given["nonce"]} if "nonce" in given else {}
    expected |= {"ath": TOKEN_HASH} if "access_token" in given else {}
    assert claims == {"jti": "id", "htm": "GET", "htu": "https://a.test/", "iat": 1, **expected}


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("https://api.test/v1/rows?cursor=a#b", "https://api.test/v1/rows"),
        ("https://api.test:443/v1/", "https://api.test/v1/"),
        ("https://API.test:8443", "https://api.test:8443/"),
        ("http://user:s3cret@127.0.0.1:80/a//b%2fc?d", "http://127.0.0.1/a//b%2Fc"),
        ("https://api.test/ü/{x}", "https://api.test/%C3%BC/%7Bx%7D"),
    ],
)
def test_the_uri_has_the_form_that_arrives(url, uri):
    """The claim htu has no query, fragment, user and default port, and its path is encoded as it is sent."""
    request = Request("GET", url).prepare()
    add_proof(request, ProofKey.new(), FreshValues(0.0, lambda: "id"))
    assert read(request.headers["DPoP"])[1] == {"jti": "id", "htm": "GET", "htu": uri, "iat": 0}


def test_a_key_is_the_same_after_it_was_stored():
    """The text of a key gives the same key, which has no leading zeros cut off, and no repr shows it."""
    for _ in range(20):
        key = ProofKey.new()
        again = ProofKey.read(key.text)
        assert (again.text, again.header, len(key.text)) == (key.text, key.header, 43)
        assert key.text not in f"{key!r} {vars(key)['_signer']!r} {key.header.decode()}"
