"""How well-known APIs of companies and their software answer a good key, a wrong one and none."""

from tests.traps.answers import NO_KEY, REFUSED, USER, data, empty, moved, page, text, xml
from tests.traps.trap import bad, good, irrelevant, limited

DATADOG = data({"status": "error", "code": 403, "errors": ["Forbidden"]}, 403)
SERAPH = (("X-Seraph-LoginReason", "AUTHENTICATED_FAILED"),)
KRAKEN_REFUSED = data({"error": ["EAPI:Invalid key"]})
MARKETO = data(
    {"requestId": "e42b#1", "success": False, "errors": [{"code": "601", "message": "Access token invalid"}]}
)
ZABBIX = data(
    {
        "jsonrpc": "2.0",
        "error": {"code": -32602, "message": "Invalid params.", "data": "Not authorised."},
        "id": 1,
    }
)

TRAPS = [
    good(
        "stripe",
        data({"object": "balance", "available": []}),
        data(
            {"error": {"message": "Invalid API Key provided: sk_test_***", "type": "invalid_request_error"}},
            401,
        ),
        form="bearer",
    ),
    good(
        "twilio",
        data({"sid": "AC1", "status": "active"}),
        data({"code": 20003, "message": "Authenticate", "status": 401}, 401),
        form="basic",
    ),
    good(
        "jira_public",
        data({"projects": [{"key": "A", "private": True}]}),
        data({}, 401, SERAPH),
        data({"projects": []}),
        form="basic",
    ),
    bad(
        "jira_falls_back_to_anonymous",
        data({"projects": []}, 200, SERAPH),
        form="basic",
        undecidable="Jira serves a refused login as a guest",
    ),
    bad(
        "jira_captcha",
        data(
            {"message": "CAPTCHA_CHALLENGE"}, 403, (("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE"),)
        ),
        none=NO_KEY,
        form="basic",
    ),
    good(
        "jenkins",
        data({"mode": "NORMAL", "jobs": [{"name": "x", "color": "red"}]}),
        page("<h1>Invalid password/token for user</h1>", 401),
        page("Authentication required", 403),
        form="basic",
    ),
    limited(
        "jenkins_without_right",
        page("ada is missing the Overall/Read permission", 403),
        page("Invalid password/token", 401),
        page("Authentication required", 403),
        form="basic",
    ),
    good("gitlab", USER, data({"message": "401 Unauthorized"}, 401)),
    bad(
        "gitlab_scope_or_revoked",
        data(
            {
                "error": "invalid_token",
                "error_description": "Token was revoked. You have to re-authorize from the user.",
            },
            401,
        ),
        data({"message": "401 Unauthorized"}, 401),
        form="bearer",
    ),
    limited(
        "gitlab_insufficient_scope",
        data(
            {
                "error": "insufficient_scope",
                "error_description": "The request requires higher privileges",
                "scope": "api",
            },
            403,
        ),
        data({"message": "401 Unauthorized"}, 401),
        form="bearer",
    ),
    good("datadog_validate", data({"valid": True}), DATADOG),
    bad("datadog_forbidden", DATADOG, none=DATADOG),
    good(
        "newrelic_graphql",
        data({"data": {"actor": {"user": {"name": "ada"}}}}),
        data({"errors": [{"message": "Api-Key not found"}]}, 401),
    ),
    good("kraken", data({"error": [], "result": {"ZEUR": "3.1"}}), KRAKEN_REFUSED),
    bad("kraken_refused", KRAKEN_REFUSED, none=data({"error": ["EAPI:Invalid key"]})),
    good(
        "binance",
        data({"makerCommission": 15, "balances": []}),
        data({"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, 401),
        data({"code": -2014, "msg": "API-key format invalid."}, 400),
    ),
    bad(
        "binance_like_in_200",
        data({"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}),
        none=NO_KEY,
    ),
    good(
        "marketo",
        data({"requestId": "e42b#1", "success": True, "result": [{"id": 1}]}),
        MARKETO,
        data(
            {
                "requestId": "x",
                "success": False,
                "errors": [{"code": "600", "message": "Access token not specified"}],
            }
        ),
        form="bearer",
    ),
    bad(
        "marketo_refused",
        MARKETO,
        none=data(
            {
                "requestId": "e",
                "success": False,
                "errors": [{"code": "600", "message": "Access token not specified"}],
            }
        ),
        form="bearer",
    ),
    good("zabbix", data({"jsonrpc": "2.0", "result": [{"hostid": "1"}], "id": 1}), ZABBIX, form="bearer"),
    bad("zabbix_refused", ZABBIX, form="bearer"),
    good(
        "odoo_uid",
        data({"jsonrpc": "2.0", "result": 7}),
        data({"jsonrpc": "2.0", "result": False}),
        form="basic",
    ),
    bad(
        "odoo_false",
        data({"jsonrpc": "2.0", "result": False}),
        none=NO_KEY,
        form="basic",
        undecidable="false may be data",
    ),
    good(
        "splunk",
        xml("<response><title>server-info</title></response>"),
        xml(
            "<response><messages><msg>call not properly authenticated</msg></messages></response>",
            401,
        ),
        form="basic",
    ),
    good(
        "clickhouse",
        text("1\n"),
        text("Code: 516. DB::Exception: ada: Authentication failed: password is incorrect", 403),
        form="basic",
    ),
    irrelevant("couchdb_welcome", data({"couchdb": "Welcome", "version": "3.3"}), form="basic"),
    good(
        "elasticsearch",
        data({"cluster_name": "a", "tagline": "You Know, for Search"}),
        data(
            {"error": {"type": "security_exception", "reason": "unable to authenticate"}, "status": 401}, 401
        ),
        form="basic",
    ),
    limited(
        "elasticsearch_without_right",
        data(
            {
                "error": {"type": "security_exception", "reason": "action is unauthorized for user [ada]"},
                "status": 403,
            },
            403,
        ),
        data(
            {"error": {"type": "security_exception", "reason": "unable to authenticate"}, "status": 401}, 401
        ),
        form="basic",
    ),
    good("sap_icf", data({"d": {"results": []}}), page("<h1>Logon failed</h1>", 401), form="basic"),
    bad(
        "sap_logon_page",
        page("<title>Logon</title><input id='sap-user'><input type='password' id='sap-password'>"),
        form="basic",
    ),
    good(
        "servicenow",
        data({"result": [{"sys_id": "1"}]}),
        data(
            {
                "error": {
                    "message": "User Not Authenticated",
                    "detail": "Required to provide Auth information",
                },
                "status": "failure",
            },
            401,
        ),
        form="basic",
    ),
    irrelevant("servicenow_empty_result", data({"result": []}), none=NO_KEY, form="basic"),
    bad(
        "sharepoint_forms_page",
        page("<form id='i0281'><input name='loginfmt'><input type='password' name='passwd'></form>"),
        form="cookie",
    ),
    good(
        "sharepoint",
        data({"d": {"Title": "acme"}}),
        moved("https://login.microsoftonline.test/x/oauth2/authorize"),
        data({"error_description": "Access denied"}, 403),
        form="cookie",
    ),
    good(
        "telegram",
        data({"ok": True, "result": {"id": 1, "is_bot": True}}),
        data({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401),
        data({"ok": False, "error_code": 404, "description": "Not Found"}, 404),
        form="query",
    ),
    good(
        "airtable",
        data({"id": "usr1", "scopes": []}),
        data({"error": {"type": "AUTHENTICATION_REQUIRED"}}, 401),
        data({"error": "NOT_FOUND"}, 404),
        form="bearer",
    ),
    good(
        "trello",
        data({"id": "1", "fullName": "Ada"}),
        text("invalid key", 401),
        text("invalid key", 401),
        form="query",
    ),
    good(
        "openai_like",
        data({"object": "list", "data": []}),
        data(
            {
                "error": {
                    "message": "Incorrect API key provided",
                    "type": "invalid_request_error",
                    "code": "invalid_api_key",
                }
            },
            401,
        ),
        form="bearer",
    ),
    good(
        "tableau_xml",
        xml('<tsResponse xmlns="http://tableau.test/api"><user name="ada"/></tsResponse>'),
        xml(
            '<tsResponse xmlns="http://tableau.test/api"><error code="401002"/></tsResponse>',
            401,
        ),
    ),
    good(
        "quickbooks_xml",
        xml("<IntuitResponse><Account/></IntuitResponse>"),
        xml(
            "<IntuitResponse><Fault type='AUTHENTICATION'><Error code='3200'/></Fault></IntuitResponse>", 401
        ),
        form="bearer",
    ),
    good("redmine", data({"user": {"login": "ada"}}), empty(401), empty(401)),
    good(
        "grafana",
        data({"name": "Main Org."}),
        data({"message": "Invalid API key"}, 401),
        data({"message": "Unauthorized"}, 401),
        form="bearer",
    ),
    good(
        "grafana_anonymous",
        data({"id": 2, "login": "sa-etl", "orgId": 1}),
        REFUSED,
        data({"login": "", "orgId": 1}),
        form="bearer",
    ),
]
