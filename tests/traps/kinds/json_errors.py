"""APIs that answer a wrong key with status 200 and an error as JSON, and 401 to no key at all."""

from tests.traps.answers import FORBIDDEN, NO_KEY, data, raw
from tests.traps.trap import bad

READS_AS_DATA = "a wrong key gets the same answer, and nothing in it says that it is a refusal"

TRAPS = [
    bad("slack_ok_false", data({"ok": False, "error": "invalid_auth"}), none=NO_KEY, form="bearer"),
    bad(
        "slack_account_inactive", data({"ok": False, "error": "account_inactive"}), none=NO_KEY, form="bearer"
    ),
    bad(
        "wechat_errcode",
        data({"errcode": 40001, "errmsg": "invalid credential, access_token is invalid"}),
        none=NO_KEY,
        form="query",
    ),
    bad("ret_minus_one", data({"ret": -1, "msg": "token invalid", "data": None}), none=NO_KEY),
    bad("ret_minus_one_silent", data({"ret": -1, "data": None}), none=NO_KEY, undecidable=READS_AS_DATA),
    bad("is_success_false", data({"isSuccess": False, "errorMessage": "Invalid API key"}), none=NO_KEY),
    bad(
        "dotnet_is_success",
        data({"IsSuccess": False, "Errors": ["The api key is not valid."], "Result": None}),
        none=NO_KEY,
    ),
    bad("success_no", data({"success": "No", "reason": "key unknown"}), none=NO_KEY),
    bad("success_zero", data({"success": 0, "msg": "apikey not found"}), none=NO_KEY, form="query"),
    bad("status_fail_text", data({"status": "FAIL", "reason": "wrong api key"}), none=NO_KEY),
    bad("status_nok", data({"stat": "nok", "cause": "unknown user"}), none=NO_KEY, form="basic"),
    bad(
        "graphql_errors",
        data(
            {
                "data": None,
                "errors": [{"message": "Not authenticated", "extensions": {"code": "UNAUTHENTICATED"}}],
            }
        ),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "graphql_viewer_null",
        data({"data": {"viewer": None}}),
        data({"data": {"viewer": None}}),
        form="bearer",
        undecidable=READS_AS_DATA,
    ),
    bad(
        "json_api_errors",
        data({"errors": [{"status": "401", "title": "Unauthorized"}], "jsonapi": {"version": "1.0"}}),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "odata_error",
        data({"odata.error": {"code": "", "message": {"lang": "en-US", "value": "Access denied"}}}),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "google_error_200",
        data({"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}),
        none=FORBIDDEN,
        form="query",
    ),
    bad(
        "google_maps_denied",
        data(
            {"results": [], "status": "REQUEST_DENIED", "error_message": "The provided API key is invalid."}
        ),
        form="query",
    ),
    bad(
        "facebook_error",
        data(
            {
                "error": {
                    "message": "Invalid OAuth access token.",
                    "type": "OAuthException",
                    "code": 190,
                    "fbtrace_id": "A1",
                }
            }
        ),
        none=NO_KEY,
        form="query",
    ),
    bad(
        "salesforce_array",
        data([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "shopify_errors_text",
        data({"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}),
        none=NO_KEY,
    ),
    bad(
        "alpha_vantage_note",
        data({"Error Message": "the parameter apikey is invalid or missing."}),
        form="query",
    ),
    bad(
        "newsapi_status",
        data({"status": "error", "code": "apiKeyInvalid", "message": "Your API key is invalid."}),
        none=NO_KEY,
    ),
    bad(
        "code_not_zero",
        data({"code": 1001, "message": "签名错误", "data": {}}),
        none=NO_KEY,
        undecidable="the refusal is in Chinese, and its code is the provider's own",
    ),
    bad(
        "baidu_error_code",
        data({"error_code": 110, "error_msg": "Access token invalid or no longer valid"}),
        none=NO_KEY,
        form="query",
    ),
    bad(
        "alipay_sub_code",
        data(
            {
                "alipay_response": {
                    "code": "40002",
                    "msg": "Invalid Arguments",
                    "sub_code": "isv.invalid-app-id",
                    "sub_msg": "无效的AppID参数",
                }
            }
        ),
        none=NO_KEY,
    ),
    bad(
        "taobao_error_response",
        data({"error_response": {"code": 27, "msg": "Invalid session", "sub_code": "invalid-sessionkey"}}),
        none=NO_KEY,
        form="query",
    ),
    bad(
        "json_rpc_error",
        data({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "unauthorized"}}),
        none=NO_KEY,
        form="basic",
    ),
    bad(
        "response_header_code",
        data({"responseHeader": {"status": 401, "QTime": 0}, "response": {"msg": "bad key"}}),
        none=NO_KEY,
    ),
    bad(
        "nested_result",
        data({"response": {"result": {"authenticated": "false", "user": None}}}),
        none=NO_KEY,
        form="basic",
    ),
    bad("authorized_false", data({"authorized": False, "account": None}), none=NO_KEY),
    bad("login_required_flag", data({"loginRequired": True, "items": []}), form="cookie"),
    bad(
        "anonymous_user",
        data({"id": 0, "login": "anonymous", "roles": ["guest"]}),
        form="bearer",
        undecidable=READS_AS_DATA,
    ),
    bad("empty_list_for_wrong_key", data([]), data([]), NO_KEY, undecidable=READS_AS_DATA),
    bad("null_for_wrong_key", data(None), data(None), NO_KEY, undecidable=READS_AS_DATA),
    bad("false_for_wrong_key", raw(b"false", "application/json"), none=NO_KEY, undecidable=READS_AS_DATA),
    bad("empty_object_for_wrong_key", data({}), data({}), NO_KEY, undecidable=READS_AS_DATA),
    bad("string_error", data("invalid api key"), none=NO_KEY),
    bad("array_pair", data([401, "Unauthorized: unknown key"]), none=NO_KEY),
    bad(
        "error_with_fresh_request_id",
        lambda asked: data(
            {"ok": False, "error": "invalid_auth", "request_id": f"r{asked.count}{asked.caller}"}
        ),
        none=NO_KEY,
    ),
    bad(
        "error_in_german",
        data({"erfolg": False, "meldung": "Zugriff verweigert: Schlüssel ungültig"}),
        none=NO_KEY,
        undecidable="the refusal is in German",
    ),
    bad(
        "messages_list",
        data({"messages": [{"type": "ERROR", "text": "Authentication failed"}], "payload": None}),
        none=NO_KEY,
        form="basic",
    ),
    bad(
        "fault_object",
        data({"fault": {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "oauth.v2.InvalidApiKey"}}}),
        none=NO_KEY,
        form="query",
    ),
    bad(
        "exception_name",
        data({"exception": "AuthenticationException", "message": "Bad credentials", "path": "/v1/me"}),
        none=NO_KEY,
        form="basic",
    ),
    bad(
        "problem_json_200",
        data(
            {"type": "about:blank", "title": "Unauthorized", "status": 401}, mime="application/problem+json"
        ),
        none=NO_KEY,
    ),
    bad(
        "hal_error",
        data({"_embedded": {"errors": [{"message": "token expired"}]}, "total": 1}),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "error_declared_as_page",
        data({"error": "invalid token"}, mime="text/html"),
        none=NO_KEY,
        form="bearer",
    ),
    bad(
        "error_declared_as_script",
        data({"error": "invalid token"}, mime="application/javascript"),
        none=NO_KEY,
    ),
    bad("status_202_error", data({"state": "rejected", "reason": "unknown api key"}, 202), none=NO_KEY),
    bad("partial_206_error", data({"error": "access denied"}, 206), none=NO_KEY),
    bad(
        "aws_in_200",
        data(
            {
                "__type": "UnrecognizedClientException",
                "message": "The security token included in the request is invalid.",
            }
        ),
        none=FORBIDDEN,
        form="aws",
    ),
]
