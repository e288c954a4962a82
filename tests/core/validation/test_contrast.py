"""The contrast: what the answers to the credential, to a decoy, and to none prove together."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest

import watchword
from watchword.findings.codes import finding
from watchword.findings.finding import Verdict
from watchword.http import body_words
from watchword.stores.memory import MemoryStore
from watchword.validation import contrast_memory, contrasting
from watchword.validation.contrast import Answer, Dependence, Observed, answer_of, dependence
from watchword.validation.contrast_memory import Claim
from watchword.validation.probe_response import ProbeResponse
from watchword.validation.steps import Call, Pause, Recall, Remember
from watchword.validation.structure import MOST_PARTS, Structure, hashed, structure_of

SECRET = "s3cret-key-0001"


@pytest.fixture
def api(serve, reply):
    """Give a function that serves three answers: to the real key, to another one, and to none."""

    def start(real, wrong=None, none=None):
        def answer(seen):
            if SECRET in seen.text:
                return real() if callable(real) else real
            return (wrong if "X-API-Key" in seen.headers else none) or reply(401)

        return serve(answer)

    return start


def connected(server, **fields):
    document = {"base_url": server.url, "method": "api_key", "api_key": SECRET, **fields}
    return watchword.load(document, name="acme", store=MemoryStore())


def keys_of(server):
    """Return which key came with each call: `real`, `decoy` or `none`."""
    keys = [seen.headers.get("X-API-Key") for seen in server.seen]
    return ["none" if key is None else "real" if key == SECRET else "decoy" for key in keys]


def test_a_key_that_a_wrong_one_could_replace_is_not_proven(api, reply):
    """An API that refuses no key, and accepts any, says nothing about this key."""
    report = connected(api(reply(200, {"id": 1}), wrong=reply(200, {"id": 2}))).validate("/me")
    assert (report.verdict, report.deciding.code.name) == (Verdict.INCONCLUSIVE, "any_credential_accepted")
    assert "200 with the credential, 200 and the same structure with a wrong one" in report.summary


def test_a_key_that_is_checked_only_if_it_is_given_is_proven(api, reply):
    """A public call that refuses a wrong key proves the right one, with a remark that it needs none."""
    report = connected(api(reply(200, {"id": 1}), none=reply(200, {"id": 1}))).validate("/me")
    assert report.ok
    assert [note.code.name for note in report.notes] == ["credential_not_needed"]


def test_a_body_that_the_document_names_as_a_refusal_is_another_answer(api, reply):
    """With refresh_on_body, answers of one structure are told apart by the value that refuses."""
    server = api(reply(200, {"n": 0}), wrong=reply(200, {"n": 7}), none=reply(200, {"n": 7}))
    assert not connected(server).validate("/me").ok
    ruled = connected(server, refresh_on_body={"n": 7})
    assert ruled.validate("/me").deciding.code.name == "authenticated"


@pytest.mark.parametrize("wrong", [200, 401])
def test_a_refusal_that_headers_state_is_a_refusal(api, reply, wrong):
    """Status 16 of gRPC refuses the credential, whether a wrong one gets the same or a 401."""
    refused = reply(200, headers={"grpc-status": "16"})
    server = api(refused, wrong=refused if wrong == 200 else reply(401))
    report = connected(server).validate("/me")
    assert (report.verdict, report.deciding.code.name) == (Verdict.INVALID, "refused_in_200_body")
    assert wrong == 200 or "grpc-status 16 in its headers" in report.summary


def test_a_limit_that_headers_state_is_a_limit(api, reply):
    """Status 8 of gRPC says that the caller has used up something: the credential isn't judged."""
    report = connected(api(reply(200, headers={"grpc-status": "8"}))).validate("/me")
    assert (report.deciding.code.name, report.exit_code) == ("rate_limited_429", 4)
    assert "a limit by grpc-status 8 in its headers" in report.summary


def test_without_a_decoy_the_verdict_says_so(api, reply):
    """A verdict without a decoy has its own code, and no wrong key is sent."""
    server = api(reply(200, {"id": 1}))
    assert connected(server, decoy=False).validate("/me").deciding.code.name == "decoy_skipped"
    assert connected(server).validate("/me", decoy=False).deciding.code.name == "decoy_skipped"
    assert "decoy" not in keys_of(server)


@pytest.mark.parametrize(("none", "code"), [(401, "authenticated_but_forbidden"), (403, "forbidden_403")])
def test_without_a_decoy_words_count_if_the_api_tells_the_cases_apart(api, reply, none, code):
    """A 403 about rights means a good credential only if a call without one gets a 401."""
    server = api(reply(403, {"message": "your role lacks the permission"}), none=reply(none))
    assert connected(server, decoy=False).validate("/me").deciding.code.name == code


def test_a_secret_in_the_url_makes_a_decoy_useless(api, reply):
    """No decoy is sent beside the real key: the API might take that from the URL."""
    server = api(reply(200, {"id": 1}))
    connected(server, allowed_origins=[server.url]).validate(f"{server.url}/me?k={SECRET}")
    assert "decoy" not in keys_of(server)


def test_an_api_that_varies_is_compared_by_what_its_answers_share(api, reply):
    """Answers that differ by themselves are remarked, and don't prove the credential."""
    bodies = iter([{"a": 1, "x": 1}, {"a": 1, "y": 1}] * 9)
    server = api(lambda: reply(200, next(bodies)), wrong=reply(200, {"a": 1, "z": 1}))
    report = connected(server).validate("/me")
    assert not report.ok
    assert "answers_vary" in [note.code.name for note in report.notes]


def test_the_decoy_is_remembered_for_a_day(api, reply, monkeypatch):
    """Further validations of the day ask the API once; after that, all three calls are made."""
    server = api(reply(200, {"id": 1}))
    connection = connected(server)
    for _ in range(3):
        assert connection.validate("/me").ok
    assert keys_of(server) == ["real", "decoy", "none", "real", "real"]
    monkeypatch.setattr(contrast_memory, "LASTS", 0.0)
    connection.validate("/me")
    assert keys_of(server)[5:] == ["real", "decoy", "none"]


def test_an_answer_that_could_not_be_compared_is_forgotten_soon(api, reply, monkeypatch):
    """What a limit has hidden is asked anew after a minute, not after a day."""
    connection = connected(server := api(reply(200), wrong=reply(429, headers={"Retry-After": "3600"})))
    for _ in range(2):
        assert connection.validate("/me").deciding.code.name == "contrast_unavailable"
    assert keys_of(server).count("decoy") == 1
    monkeypatch.setattr(contrast_memory, "PAUSE", 0.0)
    connection.validate("/me")
    assert keys_of(server).count("decoy") == 2


def test_a_changed_structure_asks_anew(serve, reply, monkeypatch):
    """If the real answer has another structure than before, the decoy is tried again."""
    monkeypatch.setattr(contrast_memory, "PAUSE", 0.0)
    body = {"id": 1}
    server = serve(lambda seen: reply(200, body) if SECRET in seen.text else reply(401))
    connection = connected(server)
    connection.validate("/me")
    body["new"] = "field"
    connection.validate("/me")
    assert keys_of(server).count("decoy") == 2


def test_many_validations_at_once_send_one_decoy(api, reply):
    """Validations that begin together share one decoy; each of them gets the verdict."""
    server = api(reply(200, {"id": 1}))
    store = MemoryStore()
    document = {"base_url": server.url, "method": "api_key", "api_key": SECRET}
    with ThreadPoolExecutor(16) as pool:
        made = [watchword.load(document, name=f"acme{number % 4}", store=store) for number in range(32)]
        reports = list(pool.map(lambda connection: connection.validate("/me"), made))
    assert {report.deciding.code.name for report in reports} == {"authenticated"}
    assert (keys_of(server).count("decoy"), keys_of(server).count("none")) == (1, 1)


def test_an_answer_that_can_not_be_compared_is_asked_for_once_more(serve, reply):
    """A wrong key that meets a limit is tried once more after the pause that the API asks for."""
    limits = iter([reply(429, headers={"Retry-After": "0"})])
    server = serve(lambda seen: reply(200) if SECRET in seen.text else next(limits, reply(401)))
    assert connected(server).validate("/me").deciding.code.name == "authenticated"
    assert keys_of(server) == ["real", "decoy", "decoy", "none"]
    sent = {seen.headers.get("X-API-Key") for seen in server.seen} - {SECRET, None}
    assert len(sent) == 1


def test_a_tls_that_fails_is_tried_until_the_server_says_why():
    """A server that hangs up may destroy its refusal of a certificate: the fourth try tells it."""
    faults = [finding(code, "TLS.") for code in (*["tls_failed"] * 3, "tls_client_certificate_refused")]
    question = contrasting.Question(Call, "key", decoy=True, none=False)
    steps = contrasting.compare(question, answer_of(ProbeResponse("https://api.test/me", 200, {}, "{}")))
    taken, answers = [next(steps), steps.send(Claim.MINE)], iter(faults)
    while not isinstance(taken[-1], Remember):
        taken.append(steps.send(next(answers) if isinstance(taken[-1], Call) else None))
    assert [type(step) for step in taken] == [Recall, *[Call, Pause] * 3, Call, Remember]
    assert taken[-1].contrast.decoy.problem == "tls_client_certificate_refused"


def test_a_long_pause_is_not_waited_for(api, reply):
    """An API that asks for a long pause is not asked again; the verdict is open and transient."""
    server = api(reply(200), wrong=reply(429, headers={"Retry-After": "3600"}))
    report = connected(server).validate("/me")
    assert (report.deciding.code.name, report.exit_code) == ("contrast_unavailable", 4)
    assert keys_of(server) == ["real", "decoy", "none"]


def test_a_token_for_anybody_proves_nothing(serve, reply):
    """A token endpoint that issues a token to a client that doesn't exist is found out."""
    server = serve(reply(200, {"access_token": "a-token-of-theirs"}))
    fields = {"method": "oauth2_client_credentials", "token_url": f"{server.url}/t", "client_id": "me"}
    document = {"base_url": server.url, **fields, "client_secret": SECRET}
    report = watchword.load(document, name="acme", store=MemoryStore()).validate()
    assert (report.verdict, report.deciding.code.name) == (Verdict.INCONCLUSIVE, "issues_to_anyone")


@pytest.mark.parametrize(
    "body",
    [
        {"access_token": "undefined"},
        {"access_token": "invalid_client"},
        {"access_token": "Bearer"},
        {"access_token": "abcdefgh", "expires_in": 0},
        {"access_token": "abcdefgh", "success": False},
        {"access_token": "eyJhbGciOiJub25lIn0." + base64.urlsafe_b64encode(b'{"exp": 1}').decode() + ".x"},
    ],
)
def test_a_worthless_token_is_none(serve, reply, body):
    """A word, an ended token, and a token beside a refusal prove nothing."""
    server = serve(reply(200, body))
    fields = {"method": "oauth2_client_credentials", "token_url": f"{server.url}/t", "client_id": "me"}
    report = watchword.load({"base_url": server.url, **fields, "client_secret": SECRET}).validate()
    assert report.deciding.code.name in {"token_worthless", "token_error_in_200"}
    assert report.verdict is Verdict.INVALID


def test_the_log_tells_the_calls_apart(api, reply, caplog):
    """The log says which call was made with the credential, with a decoy, and with none."""
    caplog.set_level(logging.INFO, "watchword")
    connected(api(reply(200))).validate("/me")
    called = [record.getMessage() for record in caplog.records if "/me with" in record.getMessage()]
    assert [line.partition(" with ")[2] for line in called] == ["the credential", "a decoy", "no credential"]


def test_the_report_names_the_complete_call(api, reply):
    """The report names verb and complete URL, without what its query holds."""
    report = connected(api(reply(401))).validate("/me?user=ann")
    assert report.deciding.evidence["call"].startswith("GET http://127.0.0.1:")
    assert report.deciding.evidence["call"].endswith("/me?…")


def answer(status, *parts, rows=(), problem="", kind="json"):
    return Answer(status, "", kind, Structure(kind, frozenset(parts), frozenset(rows)), problem)


OK = answer(200, "id")
NO = answer(401, problem="unauthorized_401")
ERROR = answer(200, "error", problem="refused_in_200_body")
DOWN = answer(500, problem="server_error_5xx")

RULES = [
    (NO, NO, "proven"),
    (NO, OK, "optional"),
    (NO, DOWN, "proven"),
    (NO, None, "proven"),
    (OK, OK, "not_needed"),
    (OK, NO, "any_accepted"),
    (OK, None, "any_accepted"),
    (DOWN, NO, "unavailable"),
    (answer(404, problem="not_found_404"), NO, "proven"),
    (answer(404, problem="not_found_404"), OK, "optional"),
    (answer(402, problem="quota_exhausted"), NO, "proven"),
    (ERROR, NO, "proven"),
    (ERROR, ERROR, "proven"),
    (ERROR, OK, "unclear"),
    (answer(200, "other"), answer(200, "third"), "unclear"),
    (answer(200, kind="empty"), answer(200, kind="empty"), "proven"),
    (answer(200, hashed(":list")), answer(200, hashed(":list")), "proven"),
    (answer(403, problem="forbidden_403", kind="text"), OK, "unavailable"),
    (answer(403, problem="credential_refused_403", kind="text"), OK, "optional"),
    (answer(403, problem="forbidden_403", kind="text"), NO, "proven"),
    (answer(403, problem="forbidden_403", kind="empty"), OK, "optional"),
    (answer(200, "other"), answer(200, "other"), "proven"),
    (answer(0, problem="tls_client_certificate_required"), NO, "proven"),
    (answer(0, problem="key_unreadable"), NO, "unavailable"),
    (answer(0, problem="sign_in_required"), NO, "unavailable"),
    (answer(0, problem="store_locked"), NO, "unavailable"),
    (answer(0, problem="invalid_client"), None, "proven"),
    (None, NO, "only_needed"),
    (None, OK, "not_needed"),
    (None, DOWN, "unavailable"),
    (None, answer(404, problem="not_found_404"), "unclear"),
    (None, None, "not_compared"),
]


@pytest.mark.parametrize(("decoy", "none", "depends"), RULES)
def test_each_rule_of_the_contrast(decoy, none, depends):
    """How an answer depends on the credential follows from the two others alone."""
    assert dependence(Observed.of(OK), decoy, none) is Dependence(depends)


def test_bytes_against_nothing_are_proven():
    """Two strangers who get an empty list, where the credential always gets a file, are refused."""
    real, nothing = Observed.of(answer(200, kind="text")), answer(200, hashed(":list"))
    assert dependence(real, nothing, nothing) is Dependence.PROVEN
    assert dependence(real, answer(200, "a"), answer(200, "a")) is Dependence.UNCLEAR
    assert dependence(Observed.of(answer(200, kind="empty")), nothing, nothing) is Dependence.UNCLEAR


def test_an_api_that_varies_is_believed_only_if_it_refuses():
    """If real answers differ in their status, only a 401 or a 403 to the decoy proves anything."""
    varying = Observed.of(OK).and_(answer(404, problem="not_found_404"))
    assert dependence(varying, NO, NO) is Dependence.PROVEN
    assert dependence(varying, ERROR, NO) is Dependence.UNCLEAR


def test_an_answer_with_one_more_field_is_not_a_refusal():
    """A decoy's success that has most fields of the real answer may be another answer of the same kind."""
    real, more = Observed.of(answer(200, "id", "name")), answer(200, "id", "name", "notice")
    assert dependence(real, more, NO) is Dependence.UNCLEAR
    assert dependence(real, more._replace(problem="refused_in_200_body"), NO) is Dependence.PROVEN


def test_rows_and_what_varies_are_no_difference():
    """Lists may have other rows, but not none; what differs between real answers may in the decoy's."""
    real = Observed.of(answer(200, "list", rows=["id", "name"]))
    assert real.is_like(answer(200, "list", rows=["id", "other"]))
    assert not real.is_like(answer(200, "list"))
    assert Observed.of(answer(200, "list")).is_like(answer(200, "list", rows=["id"]))
    assert not real.is_like(answer(200, "list", rows=["error", "code"]))
    varying = Observed.of(answer(200, "a", "b")).and_(answer(200, "a", "c"))
    assert varying.is_like(answer(200, "a", "d"))
    assert not varying.is_like(answer(200, "x", "y"))
    assert not Observed.of(OK).and_(NO).is_steady


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"id": 1, "name": "a"}', '{"id": 2, "name": "b"}'),
        ('[{"id": 1}]', '[{"id": 2}, {"id": 3}]'),
        ('{"price": 1}', '{"price": "1.5"}'),
        ("<list><row><id>1</id></row></list>", "<list><row><id>2</id></row><row><id>3</id></row></list>"),
        ("id,name\n1,a\n", "id,name\n2,b\n3,c\n"),
        ("pong", "ping"),
        ('{"by_id": {"1b": {"a": 1}, "2c": {"a": 1}}}', '{"by_id": {"77": {"a": 2}, "88": {"a": 1}}}'),
    ],
)
def test_other_values_are_the_same_structure(one, other):
    """Bodies that differ in values, in the number of rows, or in names that are data, are alike."""
    first, second = (Answer(200, "", "", structure_of(text), "") for text in (one, other))
    assert Observed.of(first).is_like(second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"id": 1}', '{"error": "no"}'),
        ('{"ok": true}', '{"ok": false}'),
        ('{"data": {"id": 1}}', '{"data": null}'),
        ('[{"id": 1, "name": "a"}]', '[{"error": 1, "text": "a"}]'),
        ('{"id": 1}', "<p>no</p>"),
        ("<rsp><photos/></rsp>", "<rsp><err/></rsp>"),
        ("id,name\n1,a\n", "ERROR bad key\n"),
        ("7", "no"),
    ],
)
def test_other_fields_are_another_structure(one, other):
    """Bodies with other names, types or formats are not alike."""
    first, second = (Answer(200, "", "", structure_of(text), "") for text in (one, other))
    assert not Observed.of(first).is_like(second)


def test_what_is_remembered_holds_no_content(api, reply):
    """The store keeps hashes of names and types, and no value, name or URL of the API."""
    store = MemoryStore()
    server = api(reply(200, {"customer": "ann-of-acme"}))
    document = {"base_url": server.url, "method": "api_key", "api_key": SECRET}
    watchword.load(document, name="acme", store=store).validate("/secret-path")
    from watchword.validation.contrast_entry import unpacked  # noqa: PLC0415 - beside its only use

    ((key, noted),) = store.contrasts.all().items()
    text = key + repr(unpacked(noted.content))
    assert not [
        word for word in ("customer", "ann-of-acme", "secret-path", "127.0.0.1", SECRET) if word in text
    ]


def test_a_remembered_entry_that_is_damaged_is_asked_anew(api, reply):
    """What another version has written counts as nothing."""
    store = MemoryStore()
    server = api(reply(200))
    document = {"base_url": server.url, "method": "api_key", "api_key": SECRET}
    connection = watchword.load(document, name="acme", store=store)
    connection.validate("/me")
    (key,) = store.contrasts.all()
    store.contrasts.change(key, lambda _, __: b"damaged")
    assert connection.validate("/me").ok
    assert keys_of(server).count("decoy") == 2


def test_a_claim_that_nobody_ends_is_taken_over(api, reply, monkeypatch):
    """A process that ended while it asked holds up the others for the time of a claim alone."""
    server, store = api(reply(200)), MemoryStore()
    document = {"base_url": server.url, "method": "api_key", "api_key": SECRET}
    remember = contrast_memory.ContrastMemory.remember
    monkeypatch.setattr(contrast_memory.ContrastMemory, "remember", lambda *_: None)
    watchword.load(document, name="acme", store=store).validate("/me")
    monkeypatch.setattr(contrast_memory.ContrastMemory, "remember", remember)
    monkeypatch.setattr(contrast_memory, "CLAIM", 0.3)
    monkeypatch.setattr(contrasting, "_WAIT", 0.05)
    assert watchword.load(document, name="acme", store=store).validate("/me").ok
    assert keys_of(server).count("decoy") == 2


def test_words_that_report_a_failure_are_read_in_every_format():
    """A refusal is read in JSON, XML and text; data that is about something else is not."""
    refused = ['{"ret": -1}', '{"success": "No"}', '<rsp stat="fail"/>', '{"result": {"code": 401}}']
    assert [text for text in refused if not body_words.reports_failure(text)] == []
    data = ['{"id": 7}', '{"ret": 0}', "<rsp stat='ok'/>", '{"success": false, "error": "parameter x"}']
    assert [text for text in data if body_words.reports_failure(text)] == []
    assert json.dumps({"status": "ok"}) not in refused


MIB = 1 << 20
HOSTILE = {
    "deep": "[" * MIB,
    "many names": "{" + ",".join(f'"k{number}":{number}' for number in range(75_000)) + "}",
    "many objects": "[" + '{"":0},' * (MIB // 7) + "{}]",
    "tags": "<a>" * (MIB // 3),
    "attributes": "<a b= c= d= " * (MIB // 12),
    "escapes": '{"' + "\\\\" * (MIB // 2),
    "words": '{"error":"' + "bad key " * (MIB // 8) + '"}',
    "a word": "auth" * (MIB // 4),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("status", [200, 403])
def test_a_hostile_body_takes_little_memory(kind, status):
    """The longest bodies that are read are compared in less than 50 MiB, whatever they hold."""
    response = ProbeResponse("https://api.test/me", status, {"Content-Type": "text/html"}, HOSTILE[kind])
    tracemalloc.start()
    try:
        compared = answer_of(response)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 * MIB
    assert len(compared.structure.outer | compared.structure.rows) <= MOST_PARTS


@pytest.mark.parametrize("validate", ["validate", "avalidate"])
@pytest.mark.parametrize("hops", [0, 2])
def test_a_decoy_follows_no_more_redirects_than_the_credential(serve, reply, validate, hops):
    """An API that sends strangers from page to page gets no more requests with a decoy than with the key."""
    pages = ["/me", *(f"/{number}" for number in range(1, 5))]

    def answer(seen):
        number = pages.index(seen.path)
        if SECRET in seen.text and number == hops:
            return reply(200, {"id": 1})
        return reply(302, headers={"Location": pages[(number + 1) % len(pages)]})

    server = serve(answer)
    report = getattr(connected(server), validate)("/me")
    report = asyncio.run(report) if validate == "avalidate" else report
    assert report.deciding.code.name == "authenticated"
    assert [keys_of(server).count(kind) for kind in ("decoy", "none")] == [hops + 1] * 2


@pytest.mark.parametrize(
    "statuses", [[200, 401, 200, 401], [200, 403, 403, 403]], ids=["it flaps", "it bans"]
)
def test_a_server_that_answers_by_chance_proves_nothing(serve, reply, statuses):
    """If strangers get the credential's answer, or a 403, one more call shows what is chance."""
    answers = iter(statuses)
    server = serve(lambda _: reply(next(answers), {"id": 1}))
    report = connected(server).validate("/me")
    assert report.deciding.code.name == "contrast_unclear"
    assert keys_of(server) == ["real", "decoy", "none", "real"]


def test_a_success_quotes_no_data(api, reply):
    """The report of a valid credential shows nothing of the body, also without a decoy."""
    server = api(reply(200, {"email": "ann@example.org"}))
    assert "ann@" not in str(connected(server, decoy=False).validate("/me").as_dict())


def test_rows_that_only_the_credential_gets_prove_it(api, reply):
    """Strangers who get no rows, and a credential that gets rows each time, can't be chance."""
    nothing = reply(200, {"items": []})
    server = api(reply(200, {"items": [{"id": 1}]}), wrong=nothing, none=nothing)
    report = connected(server).validate("/me")
    assert report.ok
    assert "200 and no rows with a wrong one" in report.summary
    assert keys_of(server).count("real") == 7


@pytest.mark.parametrize(("accepts", "code"), [("real", "authenticated"), ("any", "any_credential_accepted")])
def test_a_password_grant_is_contrasted_at_the_api_alone(serve, reply, accepts, code):
    """A wrong token is sent to the API, since it locks nobody; no wrong password is sent to the login."""
    token = "issued-token-0001"

    def answer(seen):
        if seen.path == "/t":
            return reply(200, {"access_token": token, "token_type": "Bearer"})
        sent = seen.headers.get("Authorization", "")
        return reply(200 if token in sent or (sent and accepts == "any") else 401, {"id": 1})

    server = serve(answer)
    login = {"method": "oauth2_password", "token_url": f"{server.url}/t", "client_id": "me"}
    document = {"base_url": server.url, **login, "username": "ann", "password": SECRET, "client_auth": "none"}
    report = watchword.load(document, name="acme", store=MemoryStore()).validate("/me")
    assert report.deciding.code.name == code
    assert len([seen for seen in server.seen if seen.path == "/t"]) == 1
