"""Formats and protocols that have their own way to refuse, or to be empty, in a success."""

import json

from tests.traps.answers import (
    NO_KEY,
    REFUSED,
    Answer,
    Asked,
    data,
    empty,
    in_turn,
    raw,
    text,
    xml,
)
from tests.traps.trap import bad, good, irrelevant, limited, unknown


def lines(*rows: object) -> Answer:
    """Return JSON lines."""
    return raw("".join(f"{json.dumps(row)}\n" for row in rows).encode(), "application/x-ndjson")


def grpc(status: int, body: bytes = b"", message: str = "") -> Answer:
    """Return a response of gRPC that has only headers (its "Trailers-Only")."""
    headers = (("grpc-status", str(status)), ("grpc-message", message))
    return raw(body, "application/grpc-web+proto", 200, headers)


def multi(*statuses: int) -> Answer:
    """Return a 207 with JSON, one part for each status."""
    parts = [{"id": number, "status": status, "body": {"x": 1}} for number, status in enumerate(statuses)]
    return data({"responses": parts}, 207)


def webdav(status: str) -> Answer:
    """Return a 207 of WebDAV (RFC 4918 section 13)."""
    body = (
        f'<D:multistatus xmlns:D="DAV:"><D:response><D:href>/c/1</D:href><D:propstat><D:prop/>'
        f"<D:status>HTTP/1.1 {status}</D:status></D:propstat></D:response></D:multistatus>"
    )
    return xml(body, 207)


def challenged(content: object, challenge: str) -> Answer:
    return data(content, 200, (("WWW-Authenticate", challenge),))


def soap(inner: str) -> Answer:
    start = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    return xml(f"{start}{inner}</s:Body></s:Envelope>", mime="application/soap+xml")


def by_verb(asked: Asked) -> Answer:
    """Answer HEAD alone."""
    known = {"real": empty(200), "other": empty(401), "none": empty(401)}[asked.caller]
    return known if asked.verb == "HEAD" else data({"error": "use HEAD"}, 405, (("Allow", "HEAD"),))


def page_of(cursor: str, *rows: int) -> Answer:
    return data({"data": [{"id": row} for row in rows], "paging": {"cursors": {"after": cursor}}})


SOAP_DATA = soap("<GetUserResponse><Id>7</Id><Name>Ada</Name></GetUserResponse>")
SOAP_FAULT = soap(
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code>"
    '<s:Reason><s:Text xml:lang="en">The token has expired</s:Text></s:Reason></s:Fault>'
)
SOAP_STATE = soap("<R><Status>8</Status><Text>Licenza sospesa</Text></R>")
HAL = data(
    {"_links": {"self": {"href": "/me"}}, "id": 7, "_embedded": {"orders": [{"id": 1}]}},
    mime="application/hal+json",
)
HAL_ROOT = data({"_links": {"self": {"href": "/"}, "login": {"href": "/login"}}}, mime="application/hal+json")
VND = data(
    {"logref": "e1", "message": "Key revoked", "_links": {"help": {"href": "/h"}}},
    mime="application/vnd.error+json",
)
JSON_API = data(
    {"data": {"type": "users", "id": "7", "attributes": {"name": "Ada"}}}, mime="application/vnd.api+json"
)
JSON_API_ERROR = data(
    {"errors": [{"id": "x", "status": "403", "code": "plan", "title": "Plan ended"}]},
    mime="application/vnd.api+json",
)
JSON_API_NULL = data({"data": None, "links": {"self": "/me"}}, mime="application/vnd.api+json")
GRAPH = data({"data": {"viewer": {"login": "ada"}}})
GRAPH_PARTIAL = data(
    {
        "data": {"viewer": {"login": "ada"}, "billing": None},
        "errors": [{"message": "billing is down", "path": ["billing"]}],
    }
)
GRAPH_NULLS = data(
    {"data": {"viewer": None, "orders": None}, "errors": [{"message": "not for you", "path": ["viewer"]}]}
)
GRAPH_NULLS_ALONE = data({"data": {"viewer": None, "orders": None}})
GRAPH_ERROR = data({"errors": [{"message": "Session ended", "extensions": {"code": "UNAUTHENTICATED"}}]})
ODATA = data({"@odata.context": "$metadata#Orders", "value": [{"Id": 1}]})
ODATA_NONE = data({"@odata.context": "$metadata#Orders", "value": []})
ODATA_ERROR = data({"error": {"code": "0x80040220", "message": "Der Benutzer hat keine Lizenz"}})
NULL = data({"data": None})
PROTOBUF = raw(b"\n\x03Ada\x10\x07", "application/x-protobuf")
PROTOBUF_ERROR = raw(b"\n\x0bbad api key\x10\x91\x03", "application/x-protobuf")
HEAD_OF_TABLE = text("id,total\n", mime="text/csv")
TABLE = text("id,total\n1,9\n2,4\n", mime="text/csv")

TRAPS = [
    # Verbs and caches.
    good("head_alone", by_verb, verb="HEAD"),
    unknown("head_alone_by_get", by_verb),
    irrelevant("head_for_everybody", empty(200), verb="HEAD"),
    good("etag_of_data", data({"id": 7}, 200, (("ETag", '"a1"'),)), REFUSED, NO_KEY),
    unknown("not_modified_for_all", empty(304)),
    good("cursor_changes", in_turn(page_of("a", 1, 2), page_of("b", 3)), REFUSED, NO_KEY),
    good("cursor_against_none", page_of("a", 1, 2), data({"data": [], "paging": {"cursors": {}}})),
    good("accepted_with_a_job", data({"job": "j-1", "state": "queued"}, 202), REFUSED, NO_KEY),
    # Null.
    irrelevant("null_for_everybody", NULL),
    unknown("null_for_the_key", NULL, NO_KEY),
    good("null_for_strangers_alone", data({"data": {"id": 1}}), NULL),
    # JSON lines, tables, binary formats.
    good("lines_against_401", lines({"id": 1}, {"id": 2}), REFUSED, NO_KEY),
    bad("lines_of_a_refusal", lines({"type": "error", "message": "key disabled"}), REFUSED, NO_KEY),
    good("lines_against_a_line", lines({"id": 1}, {"id": 2}), lines({"error": "bad key"})),
    good("head_of_a_table_against_401", HEAD_OF_TABLE, REFUSED, NO_KEY, form="query"),
    good("table_against_its_head", TABLE, HEAD_OF_TABLE),
    irrelevant("head_of_a_table_for_all", HEAD_OF_TABLE),
    irrelevant("less_than_strangers_get", HEAD_OF_TABLE, TABLE),
    good("protobuf_against_401", PROTOBUF, REFUSED, NO_KEY),
    irrelevant("protobuf_for_all", PROTOBUF),
    bad("protobuf_of_a_refusal_for_all", PROTOBUF_ERROR, none=NO_KEY),
    # Envelopes with a name of their own.
    good("hal_against_its_root", HAL, HAL_ROOT),
    irrelevant("hal_root_for_all", HAL_ROOT),
    bad("hal_report", VND, NO_KEY),
    good("json_api", JSON_API, JSON_API_ERROR),
    bad("json_api_report", JSON_API_ERROR, NO_KEY),
    bad("json_api_report_for_all", JSON_API_ERROR, none=NO_KEY),
    unknown("json_api_null", JSON_API_NULL, NO_KEY),
    good("graph_against_an_error", GRAPH, GRAPH_ERROR),
    good("graph_in_part", GRAPH_PARTIAL, GRAPH_ERROR),
    good("graph_in_part_against_401", GRAPH_PARTIAL, NO_KEY),
    bad("graph_nulls_with_errors", GRAPH_NULLS, NO_KEY),
    bad("graph_nulls", GRAPH_NULLS_ALONE, NO_KEY),
    bad("graph_error", GRAPH_ERROR, NO_KEY),
    good("soap", SOAP_DATA, SOAP_FAULT),
    bad("soap_fault_in_a_success", SOAP_FAULT, NO_KEY),
    bad("soap_fault_for_all", SOAP_FAULT, none=NO_KEY),
    bad("soap_state", SOAP_STATE, NO_KEY),
    good("odata_rows_against_none", ODATA, ODATA_NONE),
    good("odata_without_rows", ODATA_NONE, REFUSED, NO_KEY),
    bad("odata_error_in_german", ODATA_ERROR, NO_KEY),
    # States in headers and in parts (gRPC; RFC 4918; RFC 6750 section 3).
    good(
        "grpc_against_its_refusal",
        grpc(0, b"\0\0\0\0\x02\x08\x07"),
        grpc(16, message="bad token"),
        form="bearer",
    ),
    good("grpc_without_a_body", grpc(0), grpc(16), form="bearer"),
    good("grpc_against_401", grpc(0, b"\0\0\0\0\0"), NO_KEY, form="bearer"),
    bad("grpc_refuses", grpc(16, message="expired"), NO_KEY, form="bearer"),
    bad("grpc_refuses_all", grpc(16), none=NO_KEY, form="bearer"),
    unknown("grpc_is_down", grpc(14), NO_KEY, form="bearer"),
    unknown("grpc_has_a_limit", grpc(8), NO_KEY, form="bearer"),
    limited("grpc_forbids", grpc(7, message="no role"), NO_KEY, form="bearer"),
    unknown("grpc_has_no_such_call", grpc(12), NO_KEY, form="bearer"),
    good("parts_against_refusals", multi(200, 200), multi(401, 401)),
    good("parts_of_which_one_fails", multi(200, 404), NO_KEY),
    bad("parts_that_refuse", multi(401, 401), NO_KEY),
    bad("parts_that_refuse_all", multi(401), none=NO_KEY),
    good("webdav", webdav("200 OK"), NO_KEY, form="basic"),
    bad("webdav_refuses", webdav("401 Unauthorized"), NO_KEY, form="basic"),
    good("webdav_against_its_refusal", webdav("200 OK"), webdav("403 Forbidden"), form="basic"),
    bad(
        "challenge_in_a_success", challenged({"x": 1}, 'Bearer error="invalid_token"'), NO_KEY, form="bearer"
    ),
    good("challenge_for_strangers", challenged({"x": 1}, "Bearer"), NO_KEY, form="bearer"),
]
