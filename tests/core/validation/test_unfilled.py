"""Variables that nobody has filled in are found in every field, and real values are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.nightly import usually
from watchword.redact import SHORTEST

CLIENT = {
    "base_url": "https://api.test",
    "method": "oauth2_client_credentials",
    "token_url": "https://auth.test/token",
    "client_id": "id",
    "client_secret": "s3cret-client",
}
LOGIN = {
    "base_url": "https://api.test",
    "method": "session_login",
    "login_url": "https://api.test/login",
    "username": "ann",
    "password": "s3cret-word",
    "response_access_path": "t",
}
JWT = {"base_url": "https://api.test", "method": "jwt_bearer", "algorithm": "HS256", "jwt_secret": "s3" * 20}

UNFILLED = {
    "Postman's client_id": (CLIENT, {"client_id": "{{clientId}}"}, "client_id"),
    "dbt's client_id": (CLIENT, {"client_id": "{{ env_var('CLIENT_ID') }}"}, "client_id"),
    "a shell's tenant in the token URL": (
        CLIENT,
        {"token_url": "https://auth.test/${TENANT}/t"},
        "token_url",
    ),
    "Entra's manual": (CLIENT, {"token_url": "https://login.test/<tenant>/oauth2"}, "token_url"),
    "Entra's manual, in braces": (CLIENT, {"token_url": "https://login.test/{{tenant}}/t"}, "token_url"),
    "Auth0's audience": (CLIENT, {"grant_body": {"audience": "{{audience}}"}}, "grant_body"),
    "a nested field": (CLIENT, {"grant_body": {"a": {"b": ["x", "${B}"]}}}, "grant_body, 'a', 'b'"),
    "a part of signatures in a grant": (CLIENT, {"grant_body": {"at": "{{timestamp}}"}}, "grant_body"),
    "Windows' variable": (CLIENT, {"client_id": "%CLIENT_ID%"}, "client_id"),
    "a README's placeholder": (CLIENT, {"client_id": "YOUR_CLIENT_ID"}, "client_id"),
    "Zendesk's subdomain": (CLIENT, {"token_url": "https://yoursubdomain.zendesk.com/t"}, "token_url"),
    "Okta's domain": (CLIENT, {"token_url": "https://your-domain.okta.com/t"}, "token_url"),
    "Shopify's header": (CLIENT, {"extra_parameters": {"header:X-Shop": "{{shop}}"}}, "extra_parameters"),
    "a tenant's header": (CLIENT, {"extra_parameters": {"header:X-T": "${TENANT_ID}"}}, "extra_parameters"),
    "a scope": (CLIENT, {"scope": "read {{scope}}"}, "scope"),
    "Airflow's variable in a login": (LOGIN, {"login_body": {"db": "{{ var.value.db }}"}}, "login_body"),
    "a login's header": (LOGIN, {"login_headers": {"X-Tenant": "${TENANT}"}}, "login_headers"),
    "a user name": (LOGIN, {"username": "<username>"}, "username"),
    "a claim": (JWT, {"payload": {"iss": "{{issuer}}"}}, "payload"),
    "a claim of a shell": (JWT, {"payload": {"iss": "${ISSUER}"}}, "payload"),
    "Graph's manual": (CLIENT, {"token_url": "https://login.test/{tenant}/oauth2/v2.0/token"}, "token_url"),
    "a shell's variable without braces": (
        CLIENT,
        {"token_url": "https://auth.test/$TENANT_ID/t"},
        "token_url",
    ),
    "Windows' variable in a URL": (CLIENT, {"token_url": "https://auth.test/%ACCOUNT%/t"}, "token_url"),
    "a form's filler": (CLIENT, {"client_id": "changeme"}, "client_id"),
    "dots": (CLIENT, {"client_id": "..."}, "client_id"),
    "the base URL": (CLIENT, {"base_url": "https://api.test/{{version}}"}, "base_url"),
    "the base URL's host": (CLIENT, {"base_url": "https://your-company.api.test"}, "base_url"),
    "the test URL": (CLIENT, {"test_url": "https://api.test/${ACCOUNT}"}, "test_url"),
}


@pytest.mark.parametrize("name", UNFILLED)
def test_a_variable_is_named_with_its_field(name):
    """Each copied placeholder is a finding that names its field, before anything is sent."""
    base, fields, field = UNFILLED[name]
    found = watchword.load(base | fields).lint()
    assert {item.code.name for item in found} <= {
        "variable_unfilled", "value_for_example", "template_unresolved", "url_not_absolute",
    }  # fmt: skip
    assert any(field in item.message for item in found), found


FILLED = {
    "a percent-encoded URL": (CLIENT, {"token_url": "https://auth.test/%C3%A4%20%CA%FE/t"}),
    "templates of a login": (LOGIN, {"login_body": {"u": "{{username}}", "p": "{{secret:password}}"}}),
    "templates of a JWT": (JWT, {"payload": {"iat": "{{now}}", "exp": "{{now+300}}", "x": "{{uuid}}"}}),
    "a secret of a grant": (
        CLIENT,
        {"grant_body": {"x": "{{secret:x}}"}, "secret_parameters": {"template:x": "s3cret-x"}},
    ),
    "claims of a client's JWT": (
        CLIENT,
        {
            "client_auth": "client_secret_jwt",
            "client_secret": "s3" * 20,
            "assertion_headers": {"x": "{{uuid}}"},
            "assertion_claims": {"iat": "{{now}}", "exp": "{{now+300}}"},
        },
    ),
    "templates of a refresh": (
        CLIENT,
        {
            "method": "oauth2_authorization_code",
            "authorize_url": "https://auth.test/authorize",
            "refresh_body": {"token": "{{refresh_token}}"},
            "refresh_headers": {"X-Token": "{{refresh_token}}"},
        },
    ),
    "a SOAP login": (LOGIN, {"login_body": {"xml": "<login><user>ann</user></login>"}}),
    "a JSONPath": (CLIENT, {"refresh_on_body": {"$.errors[0].code": "expired"}}),
    "an OData filter": (CLIENT, {"extra_parameters": {"query:$filter": "a eq 'b' and $top lt 5"}}),
    "a LIKE of SQL": (CLIENT, {"extra_parameters": {"query:q": "name like '%C3%'"}}),
    "a mail address": (LOGIN, {"username": "my.name@your.org"}),
    "a scope of Google": (CLIENT, {"scope": "https://www.googleapis.com/auth/drive.file"}),
    "braces of a route": (CLIENT, {"extra_parameters": {"header:X-Route": "/v1/{id}"}}),
    "money": (CLIENT, {"extra_parameters": {"query:price": "$5"}}),
    "a name that begins with your": (CLIENT, {"base_url": "https://yourlogisticspartner.example"}),
}


@pytest.mark.parametrize("name", FILLED)
def test_a_real_value_is_no_variable(name):
    """Known templates, encoded characters, markup and ordinary words have no finding."""
    base, fields = FILLED[name]
    assert watchword.load(base | fields, name="acme").lint() == []


FREE = {
    "GraphQL": {"extra_parameters": {"query:query": "{{me{id,orders{{id}}}}"}},
    "a template that the API fills in": {"extra_parameters": {"header:X-Template": "{{name}}"}},
    "a shell's word": {"extra_parameters": {"query:f": "${eval}"}},
    "angles": {"extra_parameters": {"query:scope": "<all>"}},
    "an agent's name": {"extra_parameters": {"header:User-Agent": "Mozilla/5.0 (<your app>)"}},
    "a query's braces": {"test_url": "https://api.test/v1?q=${x}"},
}


@pytest.mark.parametrize("name", FREE)
def test_what_the_api_may_take_as_it_is_stops_nothing(name):
    """In texts that the API defines, a variable is a warning: it may be meant so."""
    found = watchword.load(CLIENT | FREE[name]).lint()
    assert {item.code.severity.name for item in found} == {"WARNING"}


@pytest.mark.parametrize(
    "fields",
    [
        {"extra_parameters": {"query:name": "%Mueller%"}},
        {"extra_parameters": {"header:X-App": "TELL_YOUR_FRIENDS"}},
        {"test_url": "https://api.test/v1?jql=created%20%3C%20now"},
    ],
)
def test_ordinary_texts_of_an_api_are_no_finding(fields):
    """A pattern of SQL, a word in capitals and a comparison are not taken for variables."""
    found = watchword.load(CLIENT | fields).lint()
    assert {item.code.name for item in found} <= {"url_illegal"}


@pytest.mark.parametrize(
    "secret", ["Bearer {{token}}", "Token <your token>", "Bearer YOUR_TOKEN", "%API_KEY%"]
)
def test_a_variable_behind_a_scheme_is_no_secret(secret):
    """A secret that is a variable, also behind the scheme of a header, has a finding."""
    fields = {"base_url": "https://api.test", "method": "custom"}
    found = watchword.load(fields | {"secret_parameters": {"header:Authorization": secret}}).lint()
    assert {item.code.name for item in found} & {"placeholder_secret", "secret_for_example"}


NOTATIONS = {
    "ERROR": [
        ("token_url", "https://auth.test/%3Ctenant-id%3E/t"),
        ("token_url", "https://auth.test/%7B%7Btenant%7D%7D/t"),
        ("token_url", "https://auth.test/$(TENANT)/t"),
        ("token_url", "https://#{Host}#/t"),
        ("token_url", "https://auth.test/@@TENANT@@/t"),
        ("token_url", "https://[YOUR_TENANT].auth.test/t"),
        ("base_url", "https://api.test/%3Caccount%3E"),
        ("client_id", "$(CLIENT_ID)"),
        ("client_id", "#{ClientId}"),
        ("client_id", "@@CLIENT_ID@@"),
        ("client_id", "$env:CLIENT_ID"),
        ("client_id", "${{ secrets.CLIENT_ID }}"),
        ("client_id", "{{ var.value.client_id }}"),
        ("client_id", "{{ conn.acme.login }}"),
        ("client_id", "{% response 'body' %}"),
        ("client_id", "<%= ENV['CLIENT_ID'] %>"),
        ("client_id", "process.env.CLIENT_ID"),
        ("client_id", "os.environ['CLIENT_ID']"),
        ("client_id", "<client-id>"),
        ("scope", "api://<application-id>/.default"),
        ("client_secret", "$(CLIENT_SECRET)"),
        ("client_secret", "os.getenv('CLIENT_SECRET')"),
        ("client_secret", "#{ClientSecret}#"),
    ],
    "WARNING": [
        ("token_url", "https://auth.test/%7Btenant%7D/t"),
        ("token_url", "https://auth.test/__TENANT__/t"),
        ("token_url", "https://auth.test/:tenantId/t"),
        ("token_url", "https://auth.test/$tenant/t"),
        ("token_url", "https://MyDomainName.my.auth.test/t"),
        ("test_url", "https://api.test/users/:id"),
        ("client_id", "__CLIENT_ID__"),
        ("scope", "api://{app_id}/.default"),
        ("client_id", "@CLIENT_ID@"),
        ("client_id", "{client_id}"),
        ("client_id", "[client id]"),
        ("client_id", "my_client_id"),
        ("client_id", "INSERT_CLIENT_ID_HERE"),
        ("client_id", "REPLACE_ME"),
        ("client_id", "ENTER_YOUR_ID"),
        ("client_id", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
        ("client_id", "00000000-0000-0000-0000-000000000000"),
        ("client_id", "xxx"),
        ("client_id", "your@email.com"),
        ("client_secret", "__CLIENT_SECRET__"),
        ("client_secret", "PASTE-SECRET-HERE"),
    ],
}


@pytest.mark.parametrize(
    ("severity", "field", "text"),
    [(severity, *each) for severity, cases in NOTATIONS.items() for each in cases],
)
def test_each_notation_of_a_variable_is_found(severity, field, text):
    """What can be nothing but a variable is an error, and what is probably one is a warning."""
    found = watchword.load(CLIENT | {field: text}).lint()
    assert severity in {item.code.severity.name for item in found if field in item.message}, found
    assert severity == "ERROR" or not [item for item in found if item.code.severity.name == "ERROR"], found


REAL = [
    ("client_id", "8c0ff1ce-1111-2222-3333-444444444444"),
    ("client_id", "{8c0ff1ce-1111-2222-3333-444444444444}"),
    ("client_id", "0oa1a2b3c4D5e6F7g8h9"),
    ("client_id", "my-client"),
    ("client_id", "1000.ABCXYZ0192XXXXX"),
    ("client_id", "svc$etl"),
    ("client_id", "abc123.apps.googleusercontent.com"),
    ("client_id", "https://api.test/app"),
    ("client_id", "HERE_maps"),
    ("client_secret", "xyz8Q~aB$cD.eF~gH_iJ-kL{m}nO"),
    ("client_secret", "<7f{kk}$Q9>"),
    ("client_secret", "aa${b9!kq"),
    ("client_secret", "pa%ss%word9"),
    ("client_secret", "{4f3a9b10-55aa-4b1f-9d2c-aa88aa88aa88}"),
    ("client_secret", "$2b$12$abcdefghijklmnopqrstuv"),
    ("client_secret", "Pa$$(w0rd)#{1}!"),
    ("client_secret", "@@kQ9@@x"),
    ("client_secret", "__init"),
    ("test_url", "https://api.test/odata/$metadata"),
    ("test_url", "https://api.test/odata/Items/$count"),
    ("test_url", "https://api.test/v1/projects/p:list"),
    ("test_url", "https://api.test/x/:all"),
    ("test_url", "https://api.test/x(:)"),
    ("test_url", "https://api.test/x?filter=%7B%22id%22%3A1%7D"),
    ("test_url", "https://api.test/group%2Fproject%2Fx"),
    ("test_url", "https://api.test/items%3A%5Bid%5D"),
    ("base_url", "https://www.your-server.de"),
    ("base_url", "https://yourls.example.org"),
    ("scope", "org.*:read project:{id}:write"),
    ("scope", "api://8c0ff1ce-1111-2222-3333-444444444444/.default"),
    ("extra_parameters", {"query:$select": "$value"}),
    ("extra_parameters", {"query:status": "todo"}),
    ("extra_parameters", {"query:where": '{"id": 1}'}),
    ("extra_parameters", {"query:fields": "orders{id,lines{sku}}"}),
    ("extra_parameters", {"query:soql": "SELECT Id FROM Account WHERE Name LIKE '%Your Company%'"}),
    ("extra_parameters", {"header:From": "Data Team <data@example.com>"}),
    ("extra_parameters", {"header:X-Route": "/v1/{id}"}),
    ("extra_parameters", {"cookie:lang": "xxx"}),
    ("grant_body", {"request": "<a:Request><id>1</id></a:Request>"}),
]


@pytest.mark.parametrize(("field", "text"), REAL)
def test_real_values_with_the_marks_of_variables_are_no_findings(field, text):
    """Ids, passwords, OData, GraphQL and SQL have braces, dollars and angles of their own."""
    assert [item.message for item in watchword.load(CLIENT | {field: text}).lint()] == []


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["$(", "#{", "}#", "@@", "__", "<%", "%>", "{%", "%}", "%7B", "%3C", ":", "/", "<", ">"]
        )
        | st.sampled_from(["YOUR_", "os.environ['", "']", "HERE", "id", "X", " ", "$", "[", "]", "}", ")"]),
        max_size=40,
    ).map("".join)
    | st.text(max_size=60),
    st.sampled_from(["client_id", "token_url", "client_secret"]),
)
def test_any_text_is_read_for_variables(text, field):
    """Whatever stands in a field, lint returns findings, and they show no secret."""
    found = watchword.load(CLIENT | {field: text}, name="acme").lint()
    shown = "".join(item.message for item in found)
    assert field != "client_secret" or len(text) < SHORTEST or text not in shown


def test_nothing_is_sent_while_a_variable_is_unfilled(serve, reply):
    """A document with a variable makes no call at all."""
    server = serve(reply())
    conn = watchword.load(CLIENT | {"token_url": f"{server.url}/token", "client_id": "${CLIENT_ID}"})
    assert "variable_unfilled" in {item.code.name for item in conn.lint()}
    with pytest.raises(watchword.DocumentError):
        conn.session()
    assert server.seen == []


def test_an_example_is_a_warning():
    """A text that only looks like an example doesn't stop the connection: it may be real."""
    found = watchword.load(CLIENT | {"base_url": "https://your-company.api.test"}).lint()
    assert [(item.code.name, item.code.severity.name) for item in found] == [("value_for_example", "WARNING")]


def test_many_variables_do_not_flood_the_report():
    """A document of nothing but variables gets a bounded number of findings."""
    body = {f"k{number}": "${X} {{y}}" for number in range(2000)}
    found = watchword.load(
        CLIENT | {"extra_parameters": {f"header:{name}": text for name, text in body.items()}}
    )
    assert len([item for item in found.lint() if item.code.name == "value_for_example"]) == 20


ELSEWHERE = [
    "%{API_TOKEN}", "$(cat /run/secrets/token)", "env_var('TOKEN')",
    "${{ secrets.API_TOKEN }}", "{{resolve:ssm:/a}}",
    "sops:ENC[AES256_GCM,data:abc,type:str]", "ENC[PKCS7,MIIB]", "ENC(bXlzZWNyZXQ=)", "{cipher}AQA12ab",
    "vault://secret/acme", "secretsmanager://acme", "aws-ssm://acme/token", "berglas://bucket/token",
    "secretref:acme-token",
]  # fmt: skip


@pytest.mark.parametrize("secret", ELSEWHERE)
def test_a_reference_or_a_placeholder_of_another_tool_is_no_secret(secret):
    """What another tool would have filled in is found before it is sent in place of the secret."""
    document = {"base_url": "https://api.test", "method": "bearer", "bearer_token": secret}
    assert [item.code.name for item in watchword.load(document).lint()] == ["placeholder_secret"]


WHOLE = [
    "key:0123456789abcdef", "user:pass word", "key=AAAAx-0123", "token=abc", "abc==", "a=b", "?a", "ENC",
    "x&y=z&w", "0:s3cret-0123", "{s3cret}x", "%{", "a key: of words", "export", "https://hook.test/a/s3cret-0123",
]  # fmt: skip


@pytest.mark.parametrize("secret", WHOLE)
@pytest.mark.parametrize("field", ["password", "header:Authorization", "template:x"])
def test_a_secret_with_the_marks_of_a_line_is_no_finding(field, secret):
    """Passwords and the values of schemes have colons, equals signs and ampersands of their own."""
    fields = {"password": secret} if field == "password" else {"secret_parameters": {field: secret}}
    document = {
        "base_url": "https://api.test/",
        "method": "basic",
        "username": "ann",
        "password": "s3cret-word",
    }
    if field == "header:Authorization":
        document |= {"method": "custom"}
        del document["username"], document["password"]
    if field == "template:x":
        document["base_url"] += "{{secret:x}}"
    assert [item.code.name for item in watchword.load(document | fields).lint()] == []
