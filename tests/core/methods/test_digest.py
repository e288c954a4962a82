"""Digest against published responses, another client, and a server with the RFC's formulas."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from urllib.parse import unquote

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.auth import HTTPDigestAuth
from requests.structures import CaseInsensitiveDict

import watchword
from tests.support.nightly import usually
from watchword.flow import Context
from watchword.methods.digest import Digest
from watchword.protocols.digest.challenge import strongest, unsupported
from watchword.protocols.digest.response import Login, Session

VECTORS = json.loads(
    (Path(__file__).parents[1] / "protocols" / "vectors" / "digest.json").read_text(encoding="utf-8")
)
PASSWORD = 's3cret: "quoted" \\ pässword'
LOGIN = Login("u", "p")
HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def written(header):
    """Return the parameters of an Authorization header as written, including quotes."""
    scheme, _, rest = header.partition(" ")
    assert scheme == "Digest"
    pairs = re.findall(r'([a-z*]+)=("(?:[^"\\]|\\.)*"|[^", ]+)(?:, |$)', rest)
    assert ", ".join(f"{name}={value}" for name, value in pairs) == rest
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def unquoted(text):
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def prepared(method="GET", url="http://a.test/", **options):
    return requests.Request(method, url, **options).prepare()


class Answer:
    """The response that a test sends into a flow."""

    def __init__(self, status_code=200, **headers):
        self.status_code = status_code
        self.headers = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})


class Verifier:
    """A server that challenges and verifies by RFC 7616, without the code under test."""

    def __init__(self, serve, reply, algorithm="SHA-256", qop="auth", **more):
        self.algorithm, self.qop, self.more, self.reply = algorithm, qop, more, reply
        self.username, self.password, self.realm = "Mufasa", PASSWORD, 'the "realm", with = and \\'
        self.numbers, self.nonces, self.uses, self.keys = count(1), [], set(), {}
        self.info = None
        self.beside, self.moved = {}, {}
        self.refuse = lambda _: False
        self.server = serve(self.answer)
        self.url = self.server.url

    def challenge(self, *, stale=False):
        self.nonces.append(f"nonce/{next(self.numbers)}==")
        realm = self.realm.replace("\\", "\\\\").replace('"', '\\"')
        parts = [f'realm="{realm}"', f'nonce="{self.nonces[-1]}"', 'opaque="op,a=que"']
        parts += [f"algorithm={self.algorithm}"] if self.algorithm else []
        parts += [f'qop="{self.qop}"'] if self.qop else []
        parts += [f"{name}={value}" for name, value in self.more.items()]
        parts += ["stale=TRUE"] if stale else []
        headers = {"WWW-Authenticate": f"Digest {', '.join(parts)}"}
        return self.reply(401, "x" * 100, headers=headers | self.beside)

    def answer(self, seen):
        header = seen.headers.get("Authorization")
        if header is None or self.refuse(seen):
            return self.challenge()
        given = written(header)
        nonce = unquoted(given["nonce"])
        if nonce not in self.nonces:
            return self.challenge(stale=True)
        if not self.is_right(seen, given, nonce):
            return self.challenge()
        if seen.path in self.moved:
            return self.reply(302, headers={"Location": self.moved[seen.path]})
        return self.reply(headers={"Authentication-Info": self.info()} if self.info else {})

    def hash(self, text):
        name = (self.algorithm or "MD5").removesuffix("-sess")
        return hashlib.new(HASHES[name], text.encode() if isinstance(text, str) else text).hexdigest()

    def is_right(self, seen, given, nonce):
        qop, cnonce = given.get("qop"), unquoted(given.get("cnonce", ""))
        if qop:
            use = (nonce, given["nc"])
            assert use not in self.uses
            self.uses.add(use)
        normal = (lambda text: unicodedata.normalize("NFC", text)) if self.more.get("charset") else str
        name, password = normal(self.username), normal(self.password)
        key = self.hash(f"{name}:{self.realm}:{password}")
        if (self.algorithm or "").endswith("-sess"):
            key = self.keys.setdefault(
                unquoted(given["opaque"]) + nonce, self.hash(f"{key}:{nonce}:{cnonce}")
            )
        body = f":{self.hash(seen.body)}" if qop == "auth-int" else ""
        signed = self.hash(f"{seen.method}:{seen.path}{body}")
        middle = f"{given['nc']}:{cnonce}:{qop}:" if qop else ""
        return (
            unquoted(given["response"]) == self.hash(f"{key}:{nonce}:{middle}{signed}")
            and self.names_the_user(given, name)
            and unquoted(given["uri"]) == seen.path
            and unquoted(given["realm"]) == self.realm
            and unquoted(given["opaque"]) == "op,a=que"
            and given.get("algorithm") == self.algorithm
            and (qop in self.qop.split(",") if self.qop else qop is None)
        )

    def names_the_user(self, given, name):
        if self.more.get("userhash"):
            hashed = unquoted(given["username"]) == self.hash(f"{name}:{self.realm}")
            return hashed and given["userhash"] == "true"
        if "username*" in given:
            charset, _, encoded = given["username*"].split("'")
            return charset == "UTF-8" and unquote(encoded) == name and "username" not in given
        return unquoted(given["username"]).encode("latin-1").decode() == name

    def connection(self, **fields):
        document = {"base_url": self.url, "method": "digest", "username": self.username}
        return watchword.load({**document, "password": self.password, **fields})

    @property
    def authorizations(self):
        return [seen.headers.get("Authorization") for seen in self.server.seen]


@pytest.fixture
def verifier(serve, reply):
    return lambda *settings, **more: Verifier(serve, reply, *settings, **more)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["source"].partition(";")[0])
def test_published_answers_are_computed(vector):
    """Each parameter of the header is as printed in the RFC or its erratum, with the same quotes."""
    challenge = strongest(vector["challenge"])
    login = Login(vector["username"], vector["password"])
    request = prepared(url=f"http://a.test{vector['uri']}")
    header = Session.begin(challenge, login, vector["cnonce"]).authorization(request, vector["uri"])
    assert written(header) == vector["expected"]


# Without qop requests makes the key of -sess with a cnonce that it does not send: nobody can check that.
KNOWN_TO_REQUESTS = [
    (None, None), (None, "auth"), ("MD5", None), ("MD5", "auth"), ("SHA-256", None), ("SHA-256", "auth"),
    ("MD5-sess", "auth"),
]  # fmt: skip


@pytest.mark.parametrize(("algorithm", "qop"), KNOWN_TO_REQUESTS)
def test_the_answer_is_that_of_requests(algorithm, qop):
    """For algorithms that requests supports, the response is the same with equal nonce, cnonce and target."""
    theirs = HTTPDigestAuth("user", "pässword")
    theirs.init_per_thread_state()
    challenge = {"realm": "r", "nonce": "n", "algorithm": algorithm, "qop": qop}
    theirs._thread_local.chal = {name: value for name, value in challenge.items() if value}
    header = ", ".join(f'{name}="{value}"' for name, value in theirs._thread_local.chal.items())
    expected = written(theirs.build_digest_header("GET", "http://a.test/b?c=d"))
    cnonce = unquoted(expected.get("cnonce", ""))
    session = Session.begin(strongest(f"Digest {header}"), Login("user", "pässword"), cnonce)
    given = written(session.authorization(prepared(), "/b?c=d"))
    assert given["response"] == expected["response"]
    assert given.get("nc") == expected.get("nc")


def test_a_session_keeps_its_key_when_the_nonce_changes():
    """The key of -sess comes from the first nonce and cnonce (RFC 7616, 3.4.2), and the count restarts."""
    session = Session.begin(
        strongest('Digest realm="r", nonce="n", algorithm=MD5-sess, qop="auth"'), LOGIN, "c"
    )
    session.authorization(prepared(), "/")
    later = session.continued("other")
    key = hashlib.md5(b"u:r:p", usedforsecurity=False).hexdigest()
    assert later.key == session.key == hashlib.md5(f"{key}:n:c".encode(), usedforsecurity=False).hexdigest()
    given = written(later.authorization(prepared(), "/"))
    assert (given["nonce"], given["nc"], given["cnonce"]) == ('"other"', "00000001", '"c"')


@pytest.mark.parametrize("algorithm", [None, *HASHES, *(f"{name}-sess" for name in HASHES)])
@pytest.mark.parametrize("qop", ["", "auth", "auth-int", "auth,auth-int"])
def test_each_algorithm_and_qop_is_accepted_by_a_server(verifier, algorithm, qop):
    """After one challenge all further requests carry the response, with body and query."""
    server = verifier(algorithm, qop)
    with server.connection().session() as api:
        assert api.get("/a?b=c d&e=%2f|").status_code == 200
        assert api.post("/a;x", data="bödy").status_code == 200
        assert api.put("/", data=io.BytesIO(b"stream")).status_code == 200
    assert [header is None for header in server.authorizations] == [True, False, False, False]
    counts = [written(header).get("nc") for header in server.authorizations[1:]]
    assert counts == (["00000001", "00000002", "00000003"] if qop else [None] * 3)


@pytest.mark.parametrize("username", ["Jäsøn Doe", "Ja\u0308son", '名前 "x" \\', "plain"])
@pytest.mark.parametrize("more", [{}, {"charset": "UTF-8"}, {"charset": "utf-8", "userhash": "true"}])
def test_names_of_all_scripts_are_accepted(verifier, username, more):
    """User names are sent in octets, in extended notation and NFC (charset), or hashed (userhash)."""
    server = verifier("SHA-512-256", "auth", **more)
    server.username = username
    with server.connection().session() as api:
        assert api.get("/").status_code == 200
    extended = "charset" in more and "userhash" not in more and not username.isascii()
    assert ("username*" in written(server.authorizations[-1])) is extended


def test_a_wrong_password_is_answered_once_for_each_request(verifier):
    """A refused response to a new challenge is final, and the next request starts again."""
    server = verifier()
    with server.connection(password="s3cret-wrong").session() as api:
        assert [api.get("/").status_code for _ in range(2)] == [401, 401]
    assert [header is None for header in server.authorizations] == [True, False, True, False]


@pytest.mark.parametrize("stale", [True, False])
def test_a_nonce_that_the_server_forgot_is_replaced_within_the_call(verifier, stale):
    """If an early response is refused, `stale` or not, one more is sent with the new nonce and body."""
    server = verifier(qop="auth-int")
    with server.connection().session() as api:
        api.get("/")
        if stale:
            server.nonces.clear()
        else:
            server.refuse = lambda seen: "nonce/1" in seen.headers["Authorization"]
        assert api.post("/", data=io.BytesIO(b"stream")).status_code == 200
        assert api.get("/").status_code == 200
    assert [seen.body for seen in server.server.seen[2:]] == [b"stream", b"stream", b""]
    assert [written(header)["nc"] for header in server.authorizations[1:]] == [
        "00000001", "00000002", "00000001", "00000002",
    ]  # fmt: skip


def test_the_next_nonce_is_used_where_the_server_gives_one(verifier):
    """Authentication-Info's nextnonce replaces the nonce, and its uses are counted from one."""
    server = verifier()

    def info():
        server.nonces = [f"next-{next(server.numbers)}"]
        return f'rspauth="0", nextnonce="{server.nonces[0]}", qop=auth'

    server.info = info
    with server.connection().session() as api:
        assert [api.get("/").status_code for _ in range(3)] == [200] * 3
    given = [written(header) for header in server.authorizations[1:]]
    assert [parts["nonce"] for parts in given] == ['"nonce/1=="', '"next-2"', '"next-3"']
    assert [parts["nc"] for parts in given] == ["00000001"] * 3


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess"])
def test_no_count_comes_twice_among_threads(verifier, algorithm):
    """Sixteen threads share a nonce, and no count is used twice."""
    server = verifier(algorithm)
    with server.connection().session() as api:
        api.get("/")
        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(lambda number: api.get(f"/{number}").status_code, range(64)))
    assert statuses == [200] * 64
    assert len(server.uses) == 65
    assert len(server.server.seen) == 66


def test_a_server_that_never_asks_is_told_nothing(serve, reply):
    """Without a challenge one request is sent, without a credential and without a caller's own header."""
    server = serve(reply())
    made = watchword.load({"base_url": server.url, "method": "digest", "username": "u", "password": "s3cret"})
    with made.session() as api:
        api.get("/", headers={"Authorization": "mine"})
    assert ["Authorization" in seen.headers for seen in server.seen] == [False]


def test_basic_is_never_answered(serve, reply):
    """A challenge for Basic, alone or beside an unsupported one, gets no password."""
    server = serve(reply(401, headers={"WWW-Authenticate": 'Basic realm="x", Digest qop="auth"'}))
    made = watchword.load({"base_url": server.url, "method": "digest", "username": "u", "password": "s3cret"})
    with made.session() as api:
        assert api.get("/").status_code == 401
    assert ["Authorization" in seen.headers for seen in server.seen] == [False]


def test_the_challenge_is_found_beside_others_in_two_headers(verifier):
    """A Digest challenge among Bearer, Basic and Negotiate is found, even in several header lines."""
    server = verifier()
    server.beside = {"www-authenticate": 'Negotiate YII=, Bearer realm="a, Digest b", Basic realm="c"'}
    with server.connection().session() as api:
        assert api.get("/").status_code == 200


def test_a_redirect_inside_the_origin_is_answered_for_its_own_path(verifier):
    """Each hop of a redirect is signed for its own target, in the form in which it is sent."""
    server = verifier()
    server.moved["/from"] = "/to%2fthe[x]?y=%c3|"
    with server.connection().session() as api:
        assert api.get("/from").status_code == 200
    assert [seen.path for seen in server.server.seen] == ["/from", "/from", "/to%2Fthe%5Bx%5D?y=%C3%7C"]


def test_the_url_is_brought_into_the_form_that_is_signed():
    """The flow yields a request with nothing left to encode, since clients encode differently."""
    request = prepared()
    request.url = "http://a.test?b=%2f|#fragment"
    memory = {"digest http://a.test": Session.begin(strongest('Digest nonce="n", opaque=""'), LOGIN, "c")}
    sent = next(Digest(username="u", password="p").flow(request, Context(memory=memory)))
    assert sent.url == "http://a.test/?b=%2F%7C"
    given = written(sent.headers["Authorization"])
    assert (given["uri"], given["opaque"]) == ('"/?b=%2F%7C"', '""')


def test_a_late_refusal_does_not_undo_a_newer_challenge():
    """A refusal of an older request keeps the session that a newer request has begun."""
    method, context = Digest(username="u", password="p"), Context()
    late, early = (method.flow(prepared(), context) for _ in range(2))
    for flow, nonce in ((late, "old"), (early, "new")):
        next(flow)
        flow.send(Answer(401, WWW_Authenticate=f'Digest realm="r", nonce="{nonce}"'))
    for flow, answer in ((early, Answer()), (late, Answer(401))):
        with pytest.raises(StopIteration):
            flow.send(answer)
    sent = next(method.flow(prepared(), context))
    assert written(sent.headers["Authorization"])["nonce"] == '"new"'


def test_another_origin_is_answered_only_where_it_is_allowed(verifier):
    """A foreign origin's challenge gets no response; an allowed origin has its own protection space."""
    home, other = verifier(), verifier()
    with home.connection().session() as api:
        assert api.get("/").status_code == 200
        assert api.get(f"{other.url}/").status_code == 401
        assert other.authorizations == [None]
    with home.connection(allowed_origins=[home.url, other.url]).session() as api:
        assert [api.get(f"{server.url}/").status_code for server in (home, other, home)] == [200] * 3
    assert other.authorizations[1] is None


def test_foreign_sessions_answer_too(verifier):
    """`conn.auth()` responds to the challenge in a plain session."""
    server = verifier()
    auth = server.connection().auth()
    with requests.Session() as session:
        assert [session.get(f"{server.url}/{n}", auth=auth).status_code for n in range(2)] == [200, 200]
    assert len(server.server.seen) == 3


def pieces():
    yield b"first"
    yield b"second"


def test_a_body_that_is_gone_is_an_error_and_not_an_empty_body(verifier):
    """A generator that went with the challenged request is an error; a new request carries the response."""
    server = verifier()
    with server.connection().session() as api:
        with pytest.raises(watchword.RequestError) as error:
            api.post("/", data=pieces())
        assert error.value.code == "body_not_replayable"
        assert api.post("/", data=pieces()).status_code == 200
    assert len(server.server.seen) == 2


@pytest.mark.parametrize(("qop", "outcome"), [("auth,auth-int", 200), ("auth-int", "body_not_signable")])
def test_a_body_that_cannot_be_read_twice_is_left_unsigned_or_refused(verifier, qop, outcome):
    """A generator is sent unsigned, or refused before anything is sent if the body must be signed."""
    server = verifier(qop=qop)
    with server.connection().session() as api:
        api.get("/")
        seen = len(server.server.seen)
        try:
            found = api.post("/", data=pieces()).status_code
        except watchword.RequestError as error:
            found = error.code
            assert len(server.server.seen) == seen
    assert found == outcome


def test_a_file_is_signed_from_where_it_stands(verifier, tmp_path):
    """A file that was read in part is hashed and sent from its position each time."""
    path = tmp_path / "body"
    path.write_bytes(b"read before;" + b"x" * 200_000)
    server = verifier(qop="auth-int")
    with server.connection().session() as api, path.open("rb") as file:
        file.read(12)
        assert api.post("/", data=file).status_code == 200
    assert server.server.seen[-1].body == b"x" * 200_000


CHOICES = [
    ('Digest realm="r", nonce="n"', None),
    ('Digest nonce="n", algorithm=md5, Digest nonce="n", algorithm=sha-256', "sha-256"),
    ('Digest nonce="n", algorithm=SHA-512-256, Digest nonce="n", algorithm=MD5', "SHA-512-256"),
    ('Digest nonce="n", algorithm=SHA-256-sess, Digest nonce="n", algorithm=SHA-256', "SHA-256-sess"),
    ('Digest nonce="n", algorithm=SHA3-512, Digest nonce="n", algorithm=MD5', "MD5"),
    ('Digest nonce="n", algorithm="MD5", qop="auth-conf", Digest nonce=n, algorithm=MD5-sess', "MD5-sess"),
]


@pytest.mark.parametrize(("header", "algorithm"), CHOICES)
def test_the_strongest_algorithm_that_is_known_is_chosen(header, algorithm):
    """The strongest algorithm is chosen; the server's order counts only among equals."""
    assert strongest(header).algorithm == algorithm
    assert unsupported(header) is None


READINGS = [
    ('DIGEST Realm = "a, b=\\"c\\" Digest" ,NONCE\t=\t"n" ,, opaque=""', ('a, b="c" Digest', "n", "")),
    ('Basic realm="x", Digest nonce=abc/+==, realm=r', ("r", "abc/+==", None)),
    ('Negotiate abc==, Digest realm="r",nonce="n"', ("r", "n", None)),
    ('Digest realm="r"\r\n nonce="n"', ("r", "n", None)),
    ('Digest realm="a\r\n\tb", nonce="n"', ("a b", "n", None)),
    ('Digest realm="\\\x00", nonce="n"', ("", "n", None)),
    ('Digest realm="\u20ac", nonce="n"', ("?", "n", None)),
    ('Digest realm="r", realm="s", nonce="n"', ("r", "n", None)),
    ('Newauth a="x", Digest nonce="n", realm="\xc3\xa4"', ("\xc3\xa4", "n", None)),
    ('Digest realm=, nonce="n"', ("", "n", None)),
]


@pytest.mark.parametrize(("header", "expected"), READINGS)
def test_challenges_are_read_as_servers_write_them(header, expected):
    """Challenges follow the grammar of RFC 9110, with common faults: folds, missing quotes and commas."""
    found = strongest(header)
    assert (found.realm, found.nonce, found.opaque) == expected


LACKING = [
    ('Digest realm="r", nonce="n", algorithm=SHA3-512', "algorithm SHA3-512"),
    (
        'Digest nonce="n", qop="auth-conf, x", Digest nonce="n", algorithm=ROT13',
        "qop auth-conf, x, algorithm ROT13",
    ),
    ("Digest", "no nonce"),
    ('Digest realm="r, nonce="n"', "no nonce"),
    ('Digest nonce="n", qop=""', None),
    ('Basic realm="x"', None),
    ("", None),
]


@pytest.mark.parametrize(("header", "lack"), LACKING)
def test_what_is_not_known_is_named(header, lack):
    """Unsupported algorithms and qops are named, unless one challenge is supported."""
    assert unsupported(header) == lack


def test_a_validation_names_what_the_server_asks_for(serve, reply):
    """An unsupported challenge ends in `digest_unsupported`."""
    server = serve(
        reply(401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", algorithm=SHA3-512'})
    )
    made = watchword.load({"base_url": server.url, "method": "digest", "username": "u", "password": "s3cret"})
    report = made.validate(f"{server.url}/")
    assert report.deciding.code.name == "digest_unsupported"
    assert "SHA3-512" in report.deciding.message


_PIECES = st.sampled_from([
    "Digest ", "Basic ", "realm=", '"', "\\", ",", " ", "=", "nonce", "n", "algorithm=", "MD5", "SHA-256",
    "-sess", "qop=", "auth-int", "charset=UTF-8", "userhash=true", "\r\n ", "\t", "\x00", "\xe4", "\u20ac",
    "\ud800",
])  # fmt: skip


_NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))


@settings(max_examples=usually(500, 10_000))
@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)), _NAMES)
def test_no_header_is_a_crash(header, username):
    """Any challenge gets one response with a valid header, or none."""
    request = prepared("POST", data=b"x")
    flow = Digest(username=username, password="s3cret").flow(request, Context())
    sent = [next(flow)]
    with contextlib.suppress(StopIteration):
        sent.append(flow.send(Answer(401, WWW_Authenticate=header)))
        flow.send(Answer(200, Authentication_Info=header))
    asked = strongest(header) is not None
    assert len(sent) == 1 + asked
    assert ("Authorization" in request.headers) is asked
    assert not (asked and unsupported(header))
    if asked:
        octets = request.headers["Authorization"].encode("latin-1")
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", octets)


@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")),
    st.text("\t !#-[]~"),
)
def test_a_quoted_value_comes_back_as_it_was_meant(realm, nonce):
    """Realm and nonce are unescaped when read, hashed unescaped, and escaped when sent."""
    escaped = [text.replace("\\", "\\\\").replace('"', '\\"') for text in (realm, nonce)]
    challenge = strongest('Digest realm="{}", nonce="{}"'.format(*escaped))
    if not nonce:
        assert challenge is None
        return
    given_back = written(Session.begin(challenge, LOGIN, "c").authorization(prepared(), "/"))
    assert [unquoted(given_back[name]) for name in ("realm", "nonce")] == [realm, nonce]
    key = hashlib.md5(f"u:{realm}:p".encode("latin-1"), usedforsecurity=False).hexdigest()
    signed = hashlib.md5(b"GET:/", usedforsecurity=False).hexdigest()
    proof = hashlib.md5(f"{key}:{nonce}:{signed}".encode("latin-1"), usedforsecurity=False).hexdigest()
    assert unquoted(given_back["response"]) == proof


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"username": "a:b"}, "username_illegal"),
        ({"username": "a\nb"}, "header_illegal"),
        ({"username": "ä€"}, None),
    ],
)
def test_names_that_cannot_be_sent_are_found_by_lint(fields, code):
    """A colon or a line break in the user name is an error; letters outside Latin-1 are not."""
    made = watchword.load({"base_url": "https://a.test", "method": "digest", "password": "s3cret", **fields})
    assert [item.code.name for item in made.lint()] == ([code] if code else [])


@pytest.mark.parametrize(
    "info", ['="x"', "", ",,", 'nextnonce="', "Basic", '"nextnonce"', "=", 'a="b", ="c"']
)
def test_no_authentication_info_is_a_crash(serve, reply, info):
    """A success stays a success, whatever Authentication-Info holds."""
    challenge = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
    server = serve(
        lambda seen: (
            reply(headers={"Authentication-Info": info})
            if "Authorization" in seen.headers
            else reply(401, headers=challenge)
        )
    )
    document = {"base_url": server.url, "method": "digest", "username": "u", "password": "s3cret-password"}
    with watchword.load(document).session() as api:
        assert [api.get("/a").status_code for _ in range(2)] == [200, 200]
