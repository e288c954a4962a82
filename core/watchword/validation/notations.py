"""How manuals, shells and deployment tools write a value that is still to be filled in; no I/O."""

from __future__ import annotations

import re
from typing import Literal

_WORD = r"[A-Za-z_][A-Za-z0-9_.:-]{0,80}"
_CAPITALS = r"[A-Z][A-Z0-9_]{1,60}"

_CERTAIN = re.compile(
    rf"\$\({_WORD}\)"  # Azure Pipelines, make
    r"|\$\((?:cat|op|aws|az|gcloud|kubectl|pass|security|vault) [^()]{1,200}\)"  # a shell's command
    rf"|%\{{{_WORD}\}}"  # Logstash, Apache
    rf"|#\{{{_WORD}\}}#?"  # Octopus Deploy, the task Replace Tokens
    r"|@@[A-Za-z][A-Za-z0-9_.-]{0,80}@@"
    rf"|(?i:\$env):{_WORD}"  # PowerShell
    rf"|%env\({_WORD}\)%"  # Symfony
    r"|<%[=-]?[^<>]{1,200}%>"  # ERB, EJS
    r"|\{%[^{}]{1,200}%\}"  # Jinja, Liquid, Insomnia
    r"|\$\{\{[^{}]{1,200}\}\}"  # GitHub Actions, Azure Pipelines
    rf"|%\({_WORD}\)s"  # ConfigParser, Python
    r"|process\.env\.[A-Za-z_]\w{0,80}"
    r"|(?:os\.environ|process\.env|ENV)\[['\"]\w{1,80}['\"]\]"
    r"|(?:os\.(?:getenv|environ\.get)|System\.getenv|getenv|env_var)\(['\"]\w{1,80}['\"]\)"
)
"""A real value never looks like this."""

_ID = r"(?:id|key|secret|token|name|password|url|domain|tenant)"
_DOUBTFUL = re.compile(
    rf"__{_CAPITALS}__"
    r"|@[A-Z][A-Z0-9]{0,40}_[A-Z0-9_]{1,40}@"  # Maven
    r"|\{[A-Za-z_][A-Za-z0-9_. -]{2,60}\}"
    r"|\[[A-Za-z][A-Za-z_ -]{2,60}\]"
    r"|(?:INSERT|ENTER|REPLACE|PUT|PASTE|FILL|ADD)[-_ ][A-Z0-9][A-Z0-9_ -]{1,60}"
    r"|[A-Z][A-Z0-9_ -]{1,60}[-_ ]HERE"
    rf"|(?i:(?:my|your|the|some)[-_ ](?:client|api|app|tenant|secret|access|account)[-_ ]?{_ID})"
    r"|(?i:x{8}-x{4}-x{4}-x{4}-x{12})|…"
    r"|(?i:(?:your|you)(?:[._]?name)?@(?:email|example|domain|company|your-?(?:company|domain))\.[a-z]{2,3})"
)
"""A real value may look like this, but an example more often does."""

_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")

_PLACE = (
    r"(?:tenants?|accounts?|org(?:ani[sz]ation)?s?|workspaces?|projects?|company|companies|customers?|shops?|stores?|"
    r"sites?|users?|teams?|domain|subdomain|realm|region|instance|version|environment|host)"
)
_IN_URL = re.compile(
    rf"(?<=/):(?:[a-z]+[-_]?)?(?:[iI][dD]|{_PLACE}(?:[-_]?[iI][dD]|[-_]?[nN]ame)?)(?=/|$)"  # Express, Postman
    rf"|(?<=/)\$(?:[a-z]+_)?{_PLACE}(?:_?[iI]d|_?[nN]ame)?(?=[/.]|$)"
    r"|(?<=//)(?:MyDomainName|MyDomain|mydomainname)(?=\.)"  # Salesforce
    rf"|__{_CAPITALS}__"
)

_NO_VALUE = re.compile(
    r"\(?(?:null|NULL|Null|none|None|nil|NIL|undefined|NaN)\)?|<(?:nil|none)>|\[object Object\]"
)
"""What programs write for a value that isn't there."""

_REFERENCES = (
    ("Google Secret Manager", re.compile(r"projects/[^/\s]+/secrets/[^/\s]+(?:/versions/\w+)?")),
    ("1Password", re.compile(r"op://[^/\s]+/[^/]+/.+")),
    ("Azure Key Vault", re.compile(r"@Microsoft\.KeyVault\(.+\)|azurekeyvault://.+|akvs?://.+")),
    ("AWS", re.compile(r"arn:aws[a-z-]*:(?:secretsmanager|ssm):.+")),
    ("CloudFormation or Home Assistant", re.compile(r"!(?:secret|Ref|Sub|ImportValue|GetAtt|env|ENV) +\S.*")),
    ("HashiCorp Vault", re.compile(r"vault:[\w-]+/\S+#\S+|!vault\b.*")),
    ("SOPS", re.compile(r"(?:sops:)?ENC\[AES256_GCM,.+\]")),
    (
        "a tool that decrypts it",
        re.compile(r"ENC\[[A-Z0-9_]+,.+\]|ENC\(.+\)|\{cipher\}.+"),
    ),  # eyaml, Jasypt, Spring
    ("Ansible Vault", re.compile(r"(?:!vault[ |]*)?\$ANSIBLE_VAULT;.+")),
    ("vals", re.compile(r"ref\+[a-z0-9]+://.+")),
    (
        "another tool",
        re.compile(
            r"(?:akeyless|aws-?(?:sm|ssm|secrets?-?manager)|azure-?key-?vault|berglas|bws|conjur|dashlane|dl|doppler"
            r"|g(?:cp)?-?sm|infisical|keeper|keepass|keychain|keyvault|lastpass|secrets?|secretsmanager|ssm|sm|vault)"
            r"://.+|ssm:/.+|secretref:.+"
        ),
    ),
)
"""The tools that keep secrets, and how each writes a reference to one."""

Likelihood = Literal["certain", "doubtful"]


def whole(text: str) -> Likelihood | None:
    """Return how likely a text is only a variable in one of these notations, None for other texts."""
    if _CERTAIN.fullmatch(text):
        return "certain"
    return "doubtful" if _DOUBTFUL.fullmatch(text) and not _GUID.fullmatch(text) else None


def says_nothing(text: str) -> bool:
    """Return whether a text is what a program writes for a missing value, such as `null` or `undefined`."""
    return bool(_NO_VALUE.fullmatch(text))


def manager_of(text: str) -> str | None:
    """Return the tool that a reference belongs to: 1Password for `op://vault/item/field`; None for others."""
    first = text.partition("\n")[0]
    return next((name for name, pattern in _REFERENCES if pattern.fullmatch(first)), None)


def certain_in_url(url: str) -> list[str]:
    """Return what can only be a variable in a URL's host and path."""
    return [match[0] for match in _CERTAIN.finditer(url)]


def doubtful_in_url(url: str) -> list[str]:
    """Return the parts of a URL's host and path that look like an example's."""
    return [match[0] for match in _IN_URL.finditer(url)]


def doubtful_in(text: str) -> list[str]:
    """Return the variables inside a longer text, which may have these characters for another reason."""
    return [match[0] for match in _CERTAIN.finditer(text)]


_MARKS = {"%7b": "{", "%7d": "}", "%3c": "<", "%3e": ">", "%5b": "[", "%5d": "]"}
_ENCODED = re.compile("|".join(_MARKS), re.IGNORECASE)


def marks_decoded(url: str) -> str:
    """Return a URL with its brackets as they were typed: editors and browsers percent-encode them."""
    return _ENCODED.sub(lambda match: _MARKS[match[0].lower()], url)
