"""Write the pages that derive from the core: `methods.md` and `findings.md`.

python docs/generate.py           write them
python docs/generate.py --check   exit with 1 if they are not up to date
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, get_args, get_origin

from watchword.document.common_fields import CommonFields
from watchword.document.field_names import SYNONYMS, VALUE_SYNONYMS
from watchword.findings.codes import CODES
from watchword.findings.finding import Phase
from watchword.methods import METHODS
from watchword.methods.field_info import FieldInfo
from watchword.methods.fields import Fields, about

HERE = Path(__file__).parent

_METHODS_HEAD = """\
# Methods and their fields

<!-- docs/generate.py writes this page from the core; edit the text there. -->

A connection document is one flat JSON object. It has the fields of one method and the fields of every method.
A secret field (●) takes the secret itself or a reference: `env:NAME`, `file:PATH`, `gcp:NAME` in
[Google Secret Manager](secret-manager.md#references), or `local:NAME` in the [vault](vault.md#references).
A reference is resolved when it is used. Write `literal:…` for a secret that looks like a reference.

Fields and values have the standard names of the RFCs. A document may also use [other names](#other-names).
Former names stay readable, so existing documents, stores and vaults keep working.
"""

_OTHER_NAMES = """
## Other names

A document may use these other names: further standard names, former names, and the names in Airflow's form.
The form has its own names because Airflow masks fields whose names contain `token` or `authorization`.

| name | other names that are accepted |
|---|---|
"""

_FINDINGS_HEAD = """\
# Findings

<!-- docs/generate.py writes this page from the core; edit the text there. -->

This page lists all codes in the order in which a validation runs its phases. *Permanence* says whether
waiting helps, and hosts act on it. A permanent finding and a configuration finding fail at once. After a
transient finding the host tries again. For an inconclusive finding it does what `on_inconclusive` says.
"""

_PHASES = {
    Phase.LINT: "The document, without a network",
    Phase.NETWORK: "The network",
    Phase.TOKEN: "The token endpoint",
    Phase.ANSWER: "The API's response",
}


def methods() -> str:
    """Return `methods.md`."""
    parts = [_METHODS_HEAD, "## Every method\n", *_fields(CommonFields)]
    for name, method in METHODS.items():
        parts += [f"\n## `{name}`\n", f"{inspect.cleandoc(method.__doc__ or '')}\n"]
        parts += list(_fields(method)) if method.model_fields else ["This method has no fields of its own."]
    return "\n".join(parts) + "\n" + _OTHER_NAMES + "\n".join(_other_names()) + "\n"


def findings() -> str:
    """Return `findings.md`."""
    parts = [_FINDINGS_HEAD]
    for phase, title in _PHASES.items():
        parts += [
            f"\n## {title}\n",
            "| code | severity | permanence | verdict | what to do |",
            "|---|---|---|---|---|",
        ]
        for code in CODES.values():
            if code.phase is phase:
                verdict = code.verdict.value if code.verdict else "-"
                name = f'<a id="{code.name}"></a>`{code.name}`'
                parts.append(
                    f"| {name} | {code.severity} | {code.permanence} | {verdict} | {_cell(code.advice)} |"
                )
    return "\n".join(parts) + "\n"


def _fields(model: type[Fields]) -> Iterator[str]:
    yield "| field | what it is | values | default |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        description = about(field)
        if description:
            secret = "●" if description.secret else ""
            yield f"| {secret}`{name}` | {_cell(description.help)} | {_values(field)} | {_default(field)} |"


def _cell(text: str) -> str:
    """Return a text as a cell of a table, which a bare `|` would end."""
    return text.replace("|", r"\|")


def _other_names() -> Iterator[str]:
    yield from _accepted(SYNONYMS, "")
    for field, synonyms in VALUE_SYNONYMS.items():
        yield from _accepted(synonyms, f" in `{field}`")


def _accepted(synonyms: Mapping[str, str], where: str) -> Iterator[str]:
    for name in sorted(set(synonyms.values())):
        others = ", ".join(f"`{other}`" for other, own in sorted(synonyms.items()) if own == name)
        yield f"| `{name}`{where} | {others} |"


def _values(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    text = str(field.annotation)
    kinds = {
        "Mapping": "JSON object",
        "tuple": "list",
        "bool": "boolean",
        "int": "integer",
        "float": "number",
    }
    return next((kind for word, kind in kinds.items() if word in text), "text")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default()
    return (
        "-"
        if default in (None, "", (), {})
        else f"`{str(default).lower() if isinstance(default, bool) else default}`"
    )


def main() -> int:
    """Write or check the files; return the exit status."""
    stale = []
    for path, content in ((HERE / "methods.md", methods()), (HERE / "findings.md", findings())):
        if path.exists() and path.read_text() == content:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.write_text(content)
    if stale:
        verb = "not up to date, run make generate" if "--check" in sys.argv else "written"
        sys.stdout.write(f"{', '.join(stale)}: {verb}\n")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
