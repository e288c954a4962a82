"""Write the parts of the docs that derive from the core: `methods.md` and `findings.md`.

python docs/generate.py           write them
python docs/generate.py --check   exit with 1 where they are not up to date
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from watchword.document.common_fields import CommonFields
from watchword.findings.codes import CODES
from watchword.findings.finding import Phase
from watchword.methods import METHODS
from watchword.methods.fields import Fields, about

HERE = Path(__file__).parent

_METHODS_HEAD = """\
# Methods and their fields

<!-- Written by docs/generate.py from the core; edit it there. -->

A connection document is one flat JSON object: the fields of one method, and those that every method has.
Secret fields (●) take the secret itself or a reference that is resolved when it is used: `env:NAME`,
`file:PATH`, `gcp:NAME` in [Google Secret Manager](secret-manager.md#references), `local:NAME` in the
[vault](vault.md#references), and `literal:…` for a secret that looks like a reference.
"""

_FINDINGS_HEAD = """\
# Findings

<!-- Written by docs/generate.py from the core; edit it there. -->

Everything that a check can find, in the order in which a validation runs its phases. *Permanence* says what
waiting would change, and hosts act on it: a permanent or configuration finding fails at once, a transient one
is waited for, an inconclusive one does what `on_inconclusive` says.
"""

_PHASES = {
    Phase.LINT: "The document, without a network",
    Phase.NETWORK: "The network",
    Phase.TOKEN: "The token endpoint",
    Phase.ANSWER: "The API's answer",
}


def methods() -> str:
    """Return `methods.md`."""
    parts = [_METHODS_HEAD, "## Every method\n", *_fields(CommonFields)]
    for name, method in METHODS.items():
        parts += [f"\n## `{name}`\n", f"{(method.__doc__ or '').strip()}\n"]
        parts += list(_fields(method)) if method.model_fields else ["No fields of its own."]
    return "\n".join(parts) + "\n"


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
                parts.append(
                    f"| `{code.name}` | {code.severity} | {code.permanence} | {verdict} | {code.advice} |"
                )
    return "\n".join(parts) + "\n"


def _fields(model: type[Fields]) -> Iterator[str]:
    yield "| field | what it is | values | default |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        known = about(field)
        if known:
            secret = "●" if known.secret else ""
            yield f"| {secret}`{name}` | {known.help} | {_values(field)} | {_default(field)} |"


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
    default = field.get_default(call_default_factory=True)
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
