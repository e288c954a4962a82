"""Something answers in the API's place: a portal, a proxy, a firewall, a gateway, a maintenance page."""

from tests.traps.answers import NO_KEY, USER, data, empty, moved, page, raw, text
from tests.traps.trap import unknown

HTML_ERROR = "<html><body><h1>%s</h1></body></html>"

TRAPS = [
    unknown("captive_portal_redirect", moved("https://portal.hotel.test/welcome?url=api")),
    unknown(
        "captive_portal_page",
        page("<h1>Welcome to our Wi-Fi</h1><button>Accept terms</button>"),
        form="bearer",
    ),
    unknown(
        "corporate_block_page_200",
        page("<h1>Access to this site is blocked by your organization</h1>"),
        form="bearer",
    ),
    unknown(
        "corporate_block_page_403", page("<h1>Blocked by policy: category Uncategorized</h1>Zscaler", 403)
    ),
    unknown("proxy_wants_login", empty(407, (("Proxy-Authenticate", "Basic realm=proxy"),)), form="basic"),
    unknown(
        "cloudflare_challenge",
        page("<h1>Just a moment...</h1>", 403, (("cf-mitigated", "challenge"),)),
        form="bearer",
    ),
    unknown(
        "cloudflare_1020", page("<h1>Access denied</h1><p>Error code 1020</p> Cloudflare Ray ID: 7", 403)
    ),
    unknown("cloudflare_challenge_503", page("<h1>Checking your browser before accessing</h1>", 503)),
    unknown(
        "akamai_reference",
        page("<h1>Access Denied</h1>You don't have permission to access this server. Reference #18.2f", 403),
    ),
    unknown("aws_waf", raw(b"", "", 403, (("x-amzn-waf-action", "captcha"),))),
    unknown("imperva_incident", page("Request unsuccessful. Incapsula incident ID: 42", 403), form="bearer"),
    unknown("gateway_502", page("<h1>502 Bad Gateway</h1>nginx", 502)),
    unknown("gateway_503_no_backend", text("upstream connect error or disconnect/reset before headers", 503)),
    unknown("gateway_504", page("<h1>504 Gateway Time-out</h1>", 504), form="basic"),
    unknown("gateway_no_route", data({"message": "no Route matched with those values"}, 404)),
    unknown("maintenance_503", data({"message": "Scheduled maintenance"}, 503, (("Retry-After", "0"),))),
    unknown("maintenance_page_200", page("<h1>We'll be back soon</h1>"), form="bearer"),
    unknown("maintenance_json_200", data({"maintenance": True, "message": "Back at 10:00 UTC"})),
    unknown("parked_domain", page("<h1>acme.test is for sale</h1>")),
    unknown("default_server_page", page("<h1>Welcome to nginx!</h1>"), form="basic"),
    unknown("default_iis_page", page("<img src=iisstart.png>"), form="basic"),
    unknown("geo_block_451", text("Unavailable For Legal Reasons", 451)),
    unknown("misdirected_421", empty(421)),
    unknown("header_too_large_431", empty(431), form="jwt"),
    unknown("portal_only_for_real", page("<h1>Network sign-on</h1>", 511), NO_KEY, NO_KEY, form="bearer"),
    unknown(
        "portal_only_for_wrong",
        USER,
        page("<h1>Network sign-on</h1>", 511),
        page("<h1>Network sign-on</h1>", 511),
        form="bearer",
    ),
]
