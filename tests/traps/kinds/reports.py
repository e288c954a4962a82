"""Answers with status 200 that are nothing but a report, and data that has a report's words."""

from tests.traps.answers import (
    NO_KEY,
    REFUSED,
    ROWS,
    USER,
    Answer,
    Asked,
    data,
    empty,
    moved,
    page,
    raw,
    text,
    xml,
)
from tests.traps.trap import bad, good, irrelevant, unknown

LIMIT = {"error": {"type": "OAuthException", "code": 32, "message": "Page request limit reached"}}
PUZZLE = page('<script src="/_Guard_Resource?id=5"></script>', 403)


def to_public(asked: Asked) -> Answer:
    """Return a redirect inside of the API, and there the public rows."""
    return ROWS if asked.target.endswith("/public/rows") else moved(f"{asked.target}/public/rows")


TRAPS = [
    # The refusals are JSON; the credential gets a page, which no program can use.
    bad("plan_page", page("<h1>Your evaluation is over</h1>"), REFUSED, NO_KEY),
    bad("code_page", page('<form><input name="one_time_code"></form>'), REFUSED, NO_KEY, form="basic"),
    unknown("puzzle_page", page('<div class="h-captcha"></div>'), REFUSED, NO_KEY, form="bearer"),
    unknown("crash_page", page("<h1>We're sorry, something went wrong</h1>"), REFUSED, NO_KEY),
    good("page_where_strangers_get_one", page("<h2>Orders</h2>"), page("Who?", 401), form="basic"),
    # Nothing but a report: in words, by a code, by a flag, or null.
    bad("report_of_a_revoked_key", data({"message": "This key has been revoked"}), REFUSED, NO_KEY),
    bad("report_of_denial", data({"Detail": "Access has been denied."}), REFUSED, NO_KEY, form="bearer"),
    bad("report_as_problem", data({"title": "Forbidden", "status": 403, "type": "about:blank"}), REFUSED),
    bad("report_by_code", data({"retcode": 3007, "retmsg": "Konto ruht", "data": None}), REFUSED, NO_KEY),
    bad("report_by_flag", data({"hasError": True, "traceId": "f0"}), REFUSED, NO_KEY),
    bad("report_by_status", data({"statusCode": 401, "message": "?"}), REFUSED, NO_KEY, form="query"),
    bad("report_in_xml", xml("<response><status>failed</status><code>9</code></response>"), REFUSED),
    bad("report_of_another_factor", data({"otp_required": True, "challenge": "c1"}), REFUSED, NO_KEY),
    bad("null_account", data({"account": None, "region": "eu"}), REFUSED, NO_KEY),
    bad("null_result", data({"result": None}), REFUSED, NO_KEY),
    bad(
        "both_reports_in_xml",
        xml("<a><status>error</status><reason>licence expired</reason><until>2024-01-01</until></a>"),
        xml("<a><status>error</status><reason>unknown key</reason></a>"),
    ),
    bad("both_reports_in_a_table", text("code,text\n12,key expired\n"), text("code\n11\n")),
    bad("denied_in_a_line", text("Membership lapsed"), REFUSED, NO_KEY),
    # A limit doesn't refuse the credential, whatever else its report says.
    unknown("limit_with_auth_in_its_type", data(LIMIT), REFUSED, NO_KEY, form="query"),
    unknown("limit_with_auth_for_all", data(LIMIT), none=NO_KEY, form="query"),
    unknown(
        "limit_of_sessions", data({"error": "Too many logins with this token, try again later"}), REFUSED
    ),
    unknown("outage_in_a_line", text("The service is temporarily unavailable"), REFUSED, NO_KEY),
    unknown("policy_page", page("Category: unknown user content. Access denied by your company.")),
    unknown("proxy_session_page", page("The session of this proxy has expired")),
    # Reports of success, and data.
    good("success_by_code", data({"code": 0, "message": "done", "data": None}), REFUSED, NO_KEY),
    good("success_by_number", data({"result": 41}), REFUSED, NO_KEY),
    good("pong", data({"message": "pong"}), REFUSED, NO_KEY, form="bearer"),
    good("success_in_xml", xml("<api><errors>0</errors><status>ok</status></api>"), REFUSED, NO_KEY),
    good("holidays_in_xml", xml('<plan><exception date="2026-05-01"/></plan>'), REFUSED, NO_KEY),
    good("device_in_xml", xml("<pump><fault>none</fault><rpm>900</rpm></pump>"), REFUSED, NO_KEY),
    good("log_in_xml", xml("<log><error>disk</error><error>fan</error></log>"), REFUSED, NO_KEY),
    good(
        "state_of_the_same_fields",
        data({"state": "ok", "text": "Hi"}),
        data({"state": "failed", "text": "-"}),
    ),
    good("code_of_the_same_fields", data({"rc": 0, "msg": "-"}), data({"rc": 9001, "msg": "-"})),
    good("word_of_a_line", text("ready"), text("denied")),
    # Strangers get less, and both the same.
    good("rows_for_members", ROWS, data({"items": [], "next": None})),
    good("bare_rows_for_members", data([{"sku": 1}]), data([])),
    good("fields_for_members", data({"id": 1, "name": "x", "margin": 4}), data({"id": 1, "name": "x"})),
    good("null_for_strangers", data({"data": {"me": {"login": "a"}}}), data({"data": {"me": None}})),
    good("nothing_for_strangers", USER, text("")),
    good("flag_for_strangers", data({"active": True, "scope": "r", "sub": "7"}), data({"active": False})),
    good("own_place_for_members", ROWS, to_public),
    irrelevant("another_place_for_all", to_public),
    irrelevant("less_for_members", text(""), USER),
    # Something in front of a public API answers the decoy.
    irrelevant("guard_page_for_a_decoy", USER, PUZZLE, USER),
    irrelevant("guard_page_not_acceptable", USER, page("Not acceptable", 406), USER, form="basic"),
    irrelevant(
        "guard_json_for_a_decoy",
        USER,
        data({"url": "https://captcha.example/?i=1"}, 403),
        USER,
        form="bearer",
    ),
    irrelevant("cache_for_strangers", USER, empty(304), empty(304)),
    irrelevant("status_that_nobody_knows", raw(b"", "text/plain", 999)),
]
