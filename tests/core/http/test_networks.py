"""Which addresses a stored document may connect to, by the address and by the deployment's setting."""

from __future__ import annotations

import pytest

import watchword
from watchword.http.networks import ALLOWED_VARIABLE, AllowedNetworks

LINK_LOCAL = [
    "169.254.169.254", "169.254.170.2", "169.254.0.1", "169.254.255.255", "fe80::1", "fe80::1%eth0",
    "febf::1",
]  # fmt: skip
METADATA = [
    "fd00:ec2::254", "fd00:ec2::23", "fd00:ec2::253", "fd20:ce::254", "100.100.100.200", "fd00:100::100:200",
    "168.63.129.16", "192.0.0.192", "fd00:c1::a9fe:a9fe", "fd00:42::42", "fd00:a9fe:a9fe::1",
]  # fmt: skip
EMBEDDED = [
    "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::169.254.169.254", "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254", "64:ff9b::6464:64c8", "64:ff9b:1::a9fe:a9fe", "64:ff9b:1:a9fe:a9:fe00::",
    "64:ff9b:1:0:a9:fea9:fe00:0", "2002:a9fe:a9fe::1", "2002:a83f:8110::", "2001:db8:1::a9fe:a9fe",
    "fe80::5efe:169.254.169.254", "2001:db8::5efe:169.254.1.1", "::ffff:168.63.129.16",
    "2001:0:a9fe:a9fe::1", "2001:0:808:808::5601:5601",
]  # fmt: skip
NO_HOST = [
    "0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0", "64:ff9b::", "224.0.0.1", "239.1.1.1",  # noqa: S104
    "ff02::1", "ff0e::1", "255.255.255.255",
]  # fmt: skip
NEVER = [*LINK_LOCAL, *METADATA, *EMBEDDED, *NO_HOST]

PUBLIC = [
    "8.8.8.8",
    "2001:4860:4860::8888",
    "64:ff9b::8.8.8.8",
    "169.253.255.255",
    "169.255.0.1",
    "168.63.129.17",
]
PRIVATE = [
    "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.201", "198.18.0.1", "240.0.0.1",
    "fd12:3456::1", "fd20:1::254", "fd00:ec3::254", "::ffff:10.1.2.3", "2001:db8::1", "fec0::1",
]  # fmt: skip
LOOPBACK = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]


@pytest.mark.parametrize(
    "setting", ["public,private,loopback", "0.0.0.0/0,::/0", "public, 8.0.0.0/8 ,private"]
)
@pytest.mark.parametrize("address", NEVER)
def test_link_local_and_metadata_addresses_are_never_allowed(address, setting):
    """No setting allows a link-local or a metadata address, nor one that a gateway translates to it."""
    assert not AllowedNetworks(setting).allows(address)


@pytest.mark.parametrize("address", [*PUBLIC, *PRIVATE, *LOOPBACK])
def test_every_other_address_is_allowed_by_default(address):
    """By default, private networks and this machine itself may be called like public hosts."""
    assert AllowedNetworks().allows(address)


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ("public", PUBLIC),
        ("private", PRIVATE),
        ("loopback", LOOPBACK),
        ("Public, LOOPBACK", [*PUBLIC, *LOOPBACK]),
        ("10.0.0.0/8", ["10.1.2.3", "::ffff:10.1.2.3"]),
        ("fd12:3456::/32,192.168.1.1", ["fd12:3456::1", "192.168.1.1"]),
    ],
)
def test_a_deployment_allows_only_what_it_names(setting, allowed):
    """Each word of the setting, and each network, allows its addresses and no others."""
    networks = AllowedNetworks(setting)
    assert [each for each in (*PUBLIC, *PRIVATE, *LOOPBACK) if networks.allows(each)] == [
        each for each in (*PUBLIC, *PRIVATE, *LOOPBACK) if each in allowed
    ]


@pytest.mark.parametrize("address", ["64:ff9b::10.1.2.3", "2002:a01:203::1", "64:ff9b::127.0.0.1"])
def test_a_translated_address_needs_the_permission_of_the_one_behind_it(address):
    """Where only public hosts are allowed, an IPv6 address that stands for a private one is refused."""
    assert not AllowedNetworks("public").allows(address)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "169.254.169.254.", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "0", "[::]",
        "169.254.43518", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "METADATA.google.internal.",
        "metadata.goog",
    ],
)  # fmt: skip
def test_an_address_is_recognised_in_every_spelling(host):
    """A host is refused by its text if that is a refused address in any spelling that resolvers accept."""
    assert not AllowedNetworks().allows_host(host)
    assert not AllowedNetworks().allows_behind_proxy(host)


def test_a_server_may_be_called_metadata_where_its_name_is_resolved_here():
    """A short name says nothing if its address is judged later; a proxy would resolve it out of sight."""
    assert AllowedNetworks().allows_host("metadata")
    assert not AllowedNetworks().allows_behind_proxy("metadata")


def test_localhost_is_this_machine_whoever_resolves_it():
    """Where loopback isn't allowed, its names aren't either."""
    for host in ("localhost", "LOCALHOST.", "api.localhost", "127.1", "[::1]"):
        assert AllowedNetworks().allows_behind_proxy(host)
        assert not AllowedNetworks("public,private").allows_behind_proxy(host)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("", "is empty"),
        (" , ", "is empty"),
        ("public,intranet", "'intranet'"),
        ("10.0.0.1/8", "'10.0.0.1/8'"),
        ("https://api.test", "neither a network"),
        ("public,169.254.0.0/16", "never allowed"),
        ("169.254.169.254", "never allowed"),
        ("fd00:ec2::254/128", "never allowed"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_a_finding(monkeypatch, setting, message):
    """A setting that can't be read, allows nothing, or names what is never allowed stops stored documents."""
    monkeypatch.setenv(ALLOWED_VARIABLE, setting)
    document = {"base_url": "https://api.test", "method": "none"}
    with pytest.raises(watchword.DocumentError, match=message) as caught:
        watchword.load(document, stored=True)
    assert caught.value.code == "setting_unreadable"
    assert watchword.load(document).lint() == []


@pytest.mark.parametrize("text", ["", "api.test", "10.0.0.0/8", "1.2.3", "\uff12.2.2.2"])
def test_text_that_is_no_address_is_not_allowed(text):
    """The judge of addresses allows nothing that it can't read."""
    assert not AllowedNetworks().allows(text)
