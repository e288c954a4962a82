"""Write `resources.py`: a resource class for each method, derived from the fields of the core.

    python -m dagster_watchword.generate

Run by `make generate`. The classes are written out, rather than made at run time, for the sake of
type checkers and editors.
"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from watchword import METHODS
from watchword.methods.base import Method
from watchword.methods.fields import about

TARGET = Path(__file__).with_name("resources.py")

_HEAD = '''\
"""One resource class for each authentication method.

Written by generate.py from the fields of the core; change them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field

from dagster_watchword.described import DescribedResource
'''

_TAIL = '''

RESOURCES: Mapping[str, type[DescribedResource]] = MappingProxyType(
    {{known.method: known for known in ({names},)}}
)
"""Every method's resource class by the method's name in a document."""
'''

_LONGEST_TEXT = 85
"""The length at which a description is broken into two literals, in characters."""


def source() -> str:
    """Return the module's text, not yet formatted."""
    names = ", ".join(_class_name(method) for method in METHODS.values())
    return _HEAD + "".join(_class(method) for method in METHODS.values()) + _TAIL.format(names=names)


def _class_name(method: type[Method]) -> str:
    return f"{method.__name__}Resource"


def _class(method: type[Method]) -> str:
    lines = [
        f"class {_class_name(method)}(DescribedResource):",
        f'    """{(method.__doc__ or "").strip().splitlines()[0]}"""',
        "",
        f'    method: ClassVar[str] = "{method.method}"',
        *_fields(method),
    ]
    return "\n\n" + "\n".join(lines) + "\n"


def _fields(method: type[Method]) -> Iterator[str]:
    if method.model_fields:
        yield ""
    for name, field in method.model_fields.items():
        known = about(field)
        if known is None:
            raise TypeError(f"the field {name} of {method.method} is not described")
        default = "" if field.is_required() else f"default={_default(field)}, "
        secret = "repr=False, " if known.secret else ""
        pieces = textwrap.wrap(known.help, _LONGEST_TEXT, drop_whitespace=False)
        text = "(" + "\n".join(repr(piece) for piece in pieces) + ")" if len(pieces) > 1 else repr(known.help)
        yield f"    {name}: {_type(field)} = Field({default}{secret}description={text})"


def _type(field: FieldInfo) -> str:
    """Return a field's type as Dagster takes it, which knows no read-only mappings and tuples."""
    if get_origin(field.annotation) is Literal:
        return f"Literal[{', '.join(repr(choice) for choice in get_args(field.annotation))}]"
    text = re.sub(r"<class '(\w+)'>", r"\1", str(field.annotation))
    text = text.replace("typing.Optional[", "").replace("NoneType", "None")
    if "Mapping[str, str]" in text:
        return "dict[str, str]"
    if "Mapping" in text:
        return "dict[str, Any]"
    return text


def _default(field: FieldInfo) -> str:
    return repr(field.get_default(call_default_factory=True))


def main() -> None:
    """Write the file, formatted."""
    TARGET.write_text(source(), encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--quiet", str(TARGET)]
    subprocess.run(command, check=True)  # noqa: S603 - our own


if __name__ == "__main__":
    main()
