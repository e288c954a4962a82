"""How well-known public data APIs answer: many serve anybody, and look at a key only if it is given."""

from tests.traps.answers import NO_KEY, REFUSED, ROWS, data, moved, page, text, xml
from tests.traps.trap import bad, good, irrelevant

ETHERSCAN = data({"status": "0", "message": "NOTOK", "result": "Invalid API Key"})
OMDB = data({"Response": "False", "Error": "Invalid API key!"})
GEONAMES = data({"status": {"message": "user does not exist.", "value": 10}})
CENSUS = page(
    "<title>Invalid Key</title><p>A valid <em>key</em> must be included with each data API request.</p>"
)
TMDB = data(
    {
        "success": False,
        "status_code": 7,
        "status_message": "Invalid API key: You must be granted a valid key.",
    }
)
LASTFM = data({"error": 10, "message": "Invalid API key - You must be granted a valid key by last.fm"})
BANK = data([{"page": 1, "pages": 1}, [{"country": "DE", "value": 1.0}]])
TOMTOM = page("<h1>Developer Inactive</h1>", 403)
TABLE = data([["NAME", "POP"], ["Ohio", "11"]])
QUOTES = data({"chart": {"result": [{"close": 1.0}], "error": None}})

TRAPS = [
    good(
        "etherscan",
        data({"status": "1", "message": "OK", "result": "405"}),
        ETHERSCAN,
        ETHERSCAN,
        form="query",
        undecidable="a good and a wrong key get the same names and types of fields",
    ),
    good(
        "etherscan_rows",
        data({"status": "1", "message": "OK", "result": [{"hash": "0x1"}]}),
        ETHERSCAN,
        ETHERSCAN,
        form="query",
    ),
    bad("etherscan_refused", ETHERSCAN, none=ETHERSCAN, form="query"),
    good(
        "omdb",
        data({"Title": "Alien", "Response": "True"}),
        OMDB,
        data({"Response": "False", "Error": "No API key provided."}),
        form="query",
    ),
    bad(
        "omdb_refused",
        OMDB,
        none=data({"Response": "False", "Error": "No API key provided."}, 401),
        form="query",
    ),
    good("geonames", data({"geonames": [{"name": "Bern"}]}), GEONAMES, form="query"),
    bad("geonames_refused", GEONAMES, none=NO_KEY, form="query"),
    good("census", TABLE, CENSUS, CENSUS, form="query"),
    bad("census_refused", CENSUS, form="query"),
    irrelevant("census_without_limit", TABLE, form="query"),
    good("census_checks_given_key", TABLE, CENSUS, TABLE, form="query"),
    good("tmdb", data({"images": {"base_url": "x"}}), TMDB, form="query"),
    bad("tmdb_in_200", TMDB, none=NO_KEY, form="query"),
    good(
        "lastfm",
        data({"artists": {"artist": []}}),
        LASTFM,
        data({"error": 6, "message": "Invalid parameters"}),
        form="query",
    ),
    bad(
        "lastfm_refused", LASTFM, none=data({"error": 6, "message": "Invalid parameters"}, 400), form="query"
    ),
    irrelevant("worldbank_ignores_key", BANK, form="query"),
    irrelevant("crossref_mailto", data({"status": "ok", "message": {"items": []}}), form="query"),
    good(
        "socrata_app_token",
        data([{"id": "1"}]),
        data({"code": "permission_denied", "error": True, "message": "Invalid app_token specified"}, 403),
        data([{"id": "1"}]),
    ),
    good(
        "ncbi_checks_given_key",
        ROWS,
        data({"error": "API key invalid", "api-key": "x"}, 400),
        ROWS,
        form="query",
    ),
    good(
        "data_gov",
        ROWS,
        data({"error": {"code": "API_KEY_INVALID"}}, 403),
        data({"error": {"code": "API_KEY_MISSING"}}, 403),
        form="query",
    ),
    good(
        "nasa_demo_key",
        ROWS,
        data({"error": {"code": "API_KEY_INVALID"}}, 403),
        data({"error": {"code": "API_KEY_MISSING"}}, 403),
        form="query",
    ),
    good(
        "fred_xml",
        xml("<seriess><series id='GDP'/></seriess>"),
        xml(
            '<error code="400" message="Bad Request. The value for variable api_key is not registered."/>',
            400,
        ),
        form="query",
    ),
    bad(
        "fred_refused",
        xml(
            '<error code="400" message="Bad Request. The value for variable api_key is not registered."/>',
            400,
        ),
        form="query",
    ),
    good(
        "openweather",
        data({"cod": 200, "main": {"temp": 1.0}}),
        data({"cod": 401, "message": "Invalid API key."}, 401),
        form="query",
    ),
    bad("openweather_in_200", data({"cod": "401", "message": "Invalid API key."}), form="query"),
    good("tomtom", ROWS, TOMTOM, TOMTOM, form="query"),
    good(
        "steam",
        data({"response": {"players": []}}),
        page("<h1>Forbidden</h1>Access is denied. Verify your key= parameter.", 403),
        form="query",
    ),
    bad(
        "steam_refused",
        page(
            "<h1>Forbidden</h1>Access is denied. Verify your <pre>key=</pre> parameter.",
            403,
        ),
        form="query",
    ),
    good(
        "ipinfo",
        data({"ip": "192.0.2.1", "asn": {"id": 1}}),
        data({"error": {"title": "Unknown token"}}, 403),
        data({"ip": "192.0.2.1"}),
        form="bearer",
    ),
    irrelevant("ipinfo_free_fields", data({"ip": "192.0.2.1"}), data({"ip": "192.0.2.1"}), form="bearer"),
    irrelevant("quotes_unofficial", QUOTES, form="cookie"),
    good(
        "eurostat_login",
        xml("<m:Structure xmlns:m='urn:s'/>"),
        moved("https://ecas.europa.test/cas/login?loginRequestId=1"),
        form="cookie",
    ),
    good(
        "ecb_statistics",
        text("KEY,VALUE\nEXR,1.1\n", mime="application/vnd.sdmx.data+csv"),
        REFUSED,
        NO_KEY,
        form="basic",
    ),
    irrelevant(
        "rss_feed",
        xml(
            "<rss version='2.0'><channel><item><title>a</title></item></channel></rss>",
            mime="application/rss+xml",
        ),
        form="query",
    ),
    irrelevant("static_bucket", text("a,b\n1,2\n", mime="text/csv"), form="bearer"),
    irrelevant("robots_file", text("User-agent: *\nDisallow: /\n")),
    irrelevant(
        "discovery_document",
        data({"issuer": "https://id.acme.test", "jwks_uri": "https://id.acme.test/jwks"}),
        form="bearer",
    ),
]
