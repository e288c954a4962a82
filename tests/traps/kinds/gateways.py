"""API gateways, proxies and plans: their own refusals, and what they put in front of an API that is fine."""

from tests.traps.answers import (
    NO_KEY,
    ROWS,
    USER,
    Answer,
    Asked,
    data,
    empty,
    in_turn,
    moved,
    page,
    text,
    xml,
)
from tests.traps.trap import bad, good, irrelevant, limited, unknown

KONG_NONE = data({"message": "No API key found in request", "request_id": "7d1c"}, 401)
KONG_WRONG = data({"message": "Unauthorized", "request_id": "8a2f"}, 401)
KONG_GROUP = data({"message": "You cannot consume this service", "request_id": "9b30"}, 403)
KONG_NO_ROUTE = data({"message": "no Route matched with those values", "request_id": "11aa"}, 404)
APIGEE_NONE = data(
    {
        "fault": {
            "faultstring": "Failed to resolve API Key variable request.queryparam.apikey",
            "detail": {"errorcode": "steps.oauth.v2.FailedToResolveAPIKey"},
        }
    },
    401,
)
APIGEE_WRONG = data(
    {"fault": {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "oauth.v2.InvalidApiKey"}}}, 401
)
APIGEE_PRODUCT = data(
    {
        "fault": {
            "faultstring": "Invalid API call as no apiproduct match found",
            "detail": {"errorcode": "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound"},
        }
    },
    401,
)
APIGEE_QUOTA = data(
    {
        "fault": {
            "faultstring": "Rate limit quota violation. Quota limit exceeded. Identifier : default",
            "detail": {"errorcode": "policies.ratelimit.QuotaViolation"},
        }
    },
    429,
)
AWS_KEY = data({"message": "Forbidden"}, 403, (("x-amzn-ErrorType", "ForbiddenException"),))
AWS_TOKEN = data({"message": "Missing Authentication Token"}, 403)
AWS_DENIED = data({"Message": "User is not authorized to access this resource with an explicit deny"}, 403)
AWS_UNAUTHORIZED = data({"message": "Unauthorized"}, 401)
AZURE_NONE = data({"statusCode": 401, "message": "Access denied due to missing subscription key."}, 401)
AZURE_WRONG = data(
    {
        "statusCode": 401,
        "message": "Access denied due to invalid subscription key. "
        "Make sure to provide a valid key for an active subscription.",
    },
    401,
)
AZURE_QUOTA = data(
    {"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 12:11:03."}, 403
)
AZURE_PAUSED = data({"statusCode": 401, "message": "Access denied. The subscription is suspended."}, 401)
CLOUDFLARE_1020 = text("error code: 1020", 403)
CLOUDFLARE_1015 = text("error code: 1015", 429)
CLOUDFLARE_521 = page("<h1>Error 521</h1><h2>Web server is down</h2>", 521)
CLOUDFLARE_ACCESS = moved("https://acme.cloudflareaccess.com/cdn-cgi/access/login/api.acme.test?kid=1")
ENVOY = text("RBAC: access denied", 403)
ISTIO_JWT = text("Jwt verification fails", 401)
ISTIO_NONE = text("Jwt is missing", 401)
TYK_NONE = data({"error": "Authorization field missing"}, 401)
TYK_WRONG = data({"error": "Access to this API has been disallowed"}, 403)
TYK_EXPIRED = data({"error": "Key has expired, please renew"}, 403)
GRAVITEE = data({"message": "Unauthorized", "http_status_code": 401}, 401)
MULE = data({"error": "Invalid client id or secret"}, 401)
WSO2 = xml(
    "<ams:fault xmlns:ams='http://wso2.org/apimanager/security'><ams:code>900901</ams:code>"
    "<ams:message>Invalid Credentials</ams:message><ams:description>Access failure</ams:description>"
    "</ams:fault>",
    401,
)
WSO2_BLOCKED = xml(
    "<ams:fault xmlns:ams='http://wso2.org/apimanager/security'><ams:code>900907</ams:code>"
    "<ams:message>The requested API is temporarily blocked</ams:message></ams:fault>",
    503,
)
RAPID_NONE = data({"message": "Invalid API key. Go to https://docs.rapid.test for more info."}, 401)
RAPID_PLAN = data({"message": "You are not subscribed to this API."}, 403)
GOOGLE_BLOCKED = data(
    {
        "error": {
            "code": 403,
            "message": "Requests to this API method are blocked.",
            "status": "PERMISSION_DENIED",
            "details": [
                {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_SERVICE_BLOCKED"}
            ],
        }
    },
    403,
)
GOOGLE_WRONG = data(
    {
        "error": {
            "code": 400,
            "message": "API key not valid. Please pass a valid API key.",
            "status": "INVALID_ARGUMENT",
        }
    },
    400,
)
GOOGLE_NONE = data(
    {
        "error": {
            "code": 403,
            "message": "Method doesn't allow unregistered callers.",
            "status": "PERMISSION_DENIED",
        }
    },
    403,
)
SUNSET = data({"message": "Version 1 has been switched off. Use version 2."}, 410)
SANDBOX = data(
    {"error": {"type": "environment", "message": "Sandbox keys can't be used at the live API"}}, 401
)
CONSENT = page('<h1>Before you continue</h1><form action="/consent"><button>Accept all</button></form>')
OFFLINE = page("<h1>We'll be back soon</h1><p>Planned works until 6 am</p>")
OFFLINE_JSON = data({"maintenance": True, "message": "Back at 06:00 UTC"})


def region(asked: Asked) -> Answer:
    """Send every caller to another region of the same server, where the key is checked."""
    if "/eu/" not in asked.target:
        return moved(f"{asked.target.removesuffix('/v1/me')}/eu/v1/me", 307)
    return {"real": USER, "other": KONG_WRONG, "none": KONG_NONE}[asked.caller]


def slash(asked: Asked) -> Answer:
    """Add a slash for every caller."""
    if not asked.target.endswith("/"):
        return moved(f"{asked.target}/", 301)
    return {"real": USER, "other": KONG_WRONG, "none": KONG_NONE}[asked.caller]


def slash_for_all(asked: Asked) -> Answer:
    """Add a slash, and then answer everybody."""
    return USER if asked.target.endswith("/") else moved(f"{asked.target}/", 308)


def cookie_wall(asked: Asked) -> Answer:
    """Ask every caller without the wall's cookie to come again with it."""
    return USER if "seen=1" in asked.headers.get("Cookie", "") else moved(asked.target, 302)


TRAPS = [
    good("kong_key", USER, KONG_WRONG, KONG_NONE),
    bad("kong_wrong_key", KONG_WRONG, none=KONG_NONE),
    limited("kong_group", KONG_GROUP, KONG_WRONG, KONG_NONE),
    unknown("kong_no_route", KONG_NO_ROUTE),
    good("apigee_key", USER, APIGEE_WRONG, APIGEE_NONE, form="query"),
    bad("apigee_wrong_key", APIGEE_WRONG, none=APIGEE_NONE, form="query"),
    unknown("apigee_quota", APIGEE_QUOTA, APIGEE_WRONG, APIGEE_NONE, form="query"),
    good("aws_gateway_key", USER, AWS_KEY, AWS_KEY),
    bad("aws_gateway_wrong_key", AWS_KEY, AWS_KEY, AWS_TOKEN),
    unknown("aws_gateway_no_resource", AWS_TOKEN),
    limited("aws_authorizer_denies", AWS_DENIED, AWS_UNAUTHORIZED, AWS_UNAUTHORIZED, form="bearer"),
    good("azure_key", ROWS, AZURE_WRONG, AZURE_NONE),
    bad("azure_wrong_key", AZURE_WRONG, none=AZURE_NONE),
    bad("azure_suspended", AZURE_PAUSED, AZURE_WRONG, AZURE_NONE),
    unknown("azure_quota", AZURE_QUOTA, AZURE_WRONG, AZURE_NONE),
    irrelevant("cloudflare_rule_for_a_decoy", USER, CLOUDFLARE_1020, USER),
    unknown("cloudflare_rule_for_all", CLOUDFLARE_1020),
    unknown("cloudflare_limit", CLOUDFLARE_1015, AWS_UNAUTHORIZED),
    unknown("cloudflare_origin_is_down", CLOUDFLARE_521),
    unknown("cloudflare_origin_is_down_for_strangers", USER, CLOUDFLARE_521),
    good("cloudflare_access", USER, CLOUDFLARE_ACCESS),
    bad("cloudflare_access_refuses", CLOUDFLARE_ACCESS),
    good("envoy_role", USER, ENVOY, ENVOY, form="bearer"),
    unknown("envoy_role_for_all", ENVOY, form="bearer"),
    good("istio_token", USER, ISTIO_JWT, ISTIO_NONE, form="bearer"),
    limited("istio_token_without_a_role", ENVOY, ISTIO_JWT, ISTIO_NONE, form="bearer"),
    bad("istio_wrong_token", ISTIO_JWT, none=ISTIO_NONE, form="bearer"),
    good("tyk_key", USER, TYK_WRONG, TYK_NONE),
    bad("tyk_ended_key", TYK_EXPIRED, TYK_WRONG, TYK_NONE),
    bad("gravitee_wrong_key", GRAVITEE),
    bad("mule_wrong_client", MULE, form="basic"),
    good("wso2_token", USER, WSO2, WSO2, form="bearer"),
    unknown("wso2_blocked", WSO2_BLOCKED, WSO2, form="bearer"),
    bad("rapid_wrong_key", RAPID_NONE),
    limited("rapid_other_plan", RAPID_PLAN, RAPID_NONE, RAPID_NONE),
    limited("google_key_for_another_service", GOOGLE_BLOCKED, GOOGLE_WRONG, GOOGLE_NONE, form="query"),
    bad("google_wrong_key", GOOGLE_WRONG, GOOGLE_WRONG, GOOGLE_NONE, form="query"),
    # Plans, environments and places.
    bad("sandbox_key_at_the_live_api", SANDBOX, NO_KEY, NO_KEY),
    bad("sandbox_key_in_a_success", data({"error": "test keys are not valid here"}), NO_KEY, NO_KEY),
    unknown("old_version_for_all", SUNSET),
    unknown("closed_for_every_address", data({"message": "Your IP address is not whitelisted"}, 403)),
    unknown("country_is_blocked", data({"message": "Not available in your region"}, 451)),
    bad("plan_has_ended", data({"message": "Subscription expired"}, 402), NO_KEY, NO_KEY),
    bad("plan_has_ended_in_a_success", data({"message": "Your plan has expired. Renew it."}), NO_KEY, NO_KEY),
    limited("key_may_only_write", data({"error": "This key may not read"}, 403), NO_KEY, NO_KEY),
    # Places.
    good("region_by_redirect", region),
    good("slash_by_redirect", slash),
    irrelevant("slash_for_everybody", slash_for_all),
    unknown("cookie_wall", cookie_wall),
    unknown("consent_for_all", CONSENT),
    unknown("consent_for_strangers_too", CONSENT, CONSENT, NO_KEY),
    unknown("works_for_all", OFFLINE),
    unknown("works_for_the_key", OFFLINE, NO_KEY),
    unknown("works_in_json", OFFLINE_JSON),
    unknown("works_in_json_for_the_key", OFFLINE_JSON, NO_KEY),
    unknown("limit_of_the_address", in_turn(USER, USER), data({"message": "Too many requests"}, 429)),
    irrelevant("nothing_for_all", empty(204)),
]
