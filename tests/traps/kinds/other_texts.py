"""Refusals in XML, plain text, CSV, web pages and unusual encodings, with status 200."""

import gzip

from tests.traps.answers import NO_KEY, empty, page, raw, text, xml
from tests.traps.trap import bad

SILENT = "a wrong key gets the same answer, and nothing in it says that it is a refusal"
JSON = "application/json"
SOAP = '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>%s</soap:Body></soap:Envelope>'

TRAPS = [
    bad(
        "flickr_rsp_fail",
        xml('<rsp stat="fail"><err code="100" msg="Invalid API Key (Key has invalid format)"/></rsp>'),
        none=NO_KEY,
        form="query",
    ),
    bad("rsp_fail_silent", xml('<rsp stat="fail"/>'), none=NO_KEY, form="query", undecidable=SILENT),
    bad(
        "xml_without_prolog",
        xml("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"),
        none=NO_KEY,
    ),
    bad("xml_as_text", xml("<error>Unauthorized</error>", mime="text/plain"), none=NO_KEY),
    bad("xml_without_type", raw(b"<error>invalid key</error>", ""), none=NO_KEY),
    bad(
        "soap_fault",
        xml(
            SOAP % "<soap:Fault><faultstring>Authentication failed</faultstring></soap:Fault>",
            mime="text/xml",
        ),
        none=NO_KEY,
        form="basic",
    ),
    bad(
        "soap_result_code",
        xml(SOAP % "<LoginResult><Success>false</Success><Reason>INVALID_LOGIN</Reason></LoginResult>"),
        none=NO_KEY,
        form="basic",
    ),
    bad(
        "xml_response_status",
        xml('<?xml version="1.0"?><response><status>error</status><msg>bad token</msg></response>'),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "xml_namespace_error",
        xml('<e:error xmlns:e="urn:acme"><e:reason>not authorised</e:reason></e:error>'),
        none=NO_KEY,
    ),
    bad(
        "xml_cdata",
        xml("<result><![CDATA[ERROR: invalid user or password]]></result>"),
        none=NO_KEY,
        form="basic",
    ),
    bad("plain_err", text("ERR"), none=NO_KEY, undecidable=SILENT),
    bad("plain_error_line", text("ERROR 102: Invalid API key\n"), none=NO_KEY, form="query"),
    bad("plain_bad_credentials", text("Bad credentials"), none=NO_KEY, form="basic"),
    bad("plain_key_value", text("status=error&message=invalid+signature"), none=NO_KEY),
    bad("plain_minus_one", text("-1"), none=NO_KEY, undecidable=SILENT),
    bad("plain_access_denied", text("Access denied."), none=NO_KEY),
    bad(
        "csv_error_row",
        text("error,message\n401,Invalid API key\n", mime="text/csv"),
        none=NO_KEY,
        form="query",
    ),
    bad(
        "csv_only_header",
        text("id,name,total\n", mime="text/csv"),
        none=NO_KEY,
        form="query",
        undecidable=SILENT,
    ),
    bad("csv_sentence", text("Unknown API key. Please sign up.", mime="text/csv"), none=NO_KEY, form="query"),
    bad("utf16_json", raw('{"error": "invalid_token"}'.encode("utf-16"), JSON), none=NO_KEY, form="bearer"),
    bad(
        "utf16_be_text",
        raw("Invalid API key".encode("utf-16-be"), "text/plain; charset=utf-16be"),
        none=NO_KEY,
    ),
    bad(
        "utf16_xml",
        raw(
            "<?xml version='1.0' encoding='utf-16'?><error>access denied</error>".encode("utf-16"), "text/xml"
        ),
        none=NO_KEY,
    ),
    bad("bom_json", raw(b'\xef\xbb\xbf{"ok": false, "error": "invalid key"}', JSON), none=NO_KEY),
    bad("bom_xml", raw(b"\xef\xbb\xbf<error>invalid key</error>", "text/xml"), none=NO_KEY),
    bad(
        "latin1_text",
        raw("Clé refusée: invalid key".encode("latin-1"), "text/plain; charset=iso-8859-1"),
        none=NO_KEY,
    ),
    bad("json_prefix_guard", raw(b')]}\',\n{"error": "unauthenticated"}', JSON), none=NO_KEY, form="cookie"),
    bad(
        "jsonp_error",
        text('callback({"error": "invalid api key"});', mime="application/javascript"),
        none=NO_KEY,
        form="query",
    ),
    bad(
        "json_lines_error",
        text('{"type": "error", "message": "invalid token"}\n', mime="application/x-ndjson"),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "event_stream_error",
        text("event: error\ndata: unauthorized\n\n", mime="text/event-stream"),
        none=NO_KEY,
        form="bearer",
    ),
    bad("yaml_error", text("error: invalid_key\nok: false\n", mime="application/yaml"), none=NO_KEY),
    bad(
        "gzip_json_error",
        raw(gzip.compress(b'{"error": "invalid_token"}'), JSON, headers=(("Content-Encoding", "gzip"),)),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "page_please_log_in",
        page('<h1>Sign in</h1><form><input type="password" name="pw"></form>'),
        form="cookie",
    ),
    bad(
        "page_login_by_script",
        page('<div id="app"></div><script src="/login.js"></script>'),
        form="cookie",
        undecidable=SILENT,
    ),
    bad(
        "page_session_timeout",
        page("<h1>Your session has expired</h1><a href='/login'>Sign in again</a>"),
        form="cookie",
    ),
    bad(
        "page_login_against_401",
        page('<form action="/login"><input type="password"></form>'),
        none=NO_KEY,
        form="bearer",
    ),
    bad("page_error_in_frame", page("<h2>Error 401</h2><p>Invalid token</p>"), none=NO_KEY, form="bearer"),
    bad("empty_body_for_wrong_key", text(""), none=NO_KEY, undecidable=SILENT),
    bad("no_content_for_wrong_key", empty(), none=NO_KEY, undecidable=SILENT),
    bad("blank_lines_for_wrong_key", text("\r\n\r\n"), none=NO_KEY, undecidable=SILENT),
    bad("trailing_junk_json", raw(b'{"error": "invalid key"}\n<!-- 0.003s -->', JSON), none=NO_KEY),
    bad("single_quotes_json", raw(b"{'success': false, 'error': 'invalid key'}", JSON), none=NO_KEY),
    bad(
        "php_warning_before_json",
        raw(b'<br />\n<b>Warning</b>: x in y\n{"error": "invalid key"}', JSON),
        none=NO_KEY,
    ),
]
