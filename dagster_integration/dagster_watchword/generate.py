"""Write `common_fields.py` and `resources.py`: a resource class for each method of the core.

    python -m dagster_watchword.generate

Run by `make generate`. The classes are written out, instead of made at run time, so that type checkers
and editors see every field. The class tree is the core's: fields that methods share are in base classes.
"""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, get_args, get_origin

from watchword import METHODS
from watchword.document.common_fields import CommonFields
from watchword.methods.base import Method
from watchword.methods.field_info import FieldInfo
from watchword.methods.fields import Fields, about

COMMON_FIELDS_FILE = Path(__file__).with_name("common_fields.py")
RESOURCES_FILE = Path(__file__).with_name("resources.py")

_COMMON_FIELDS_HEAD = '''\
"""The fields of every connection document, as a resource.

Written by generate.py from the fields of the core; change them there.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from dagster_watchword.base import ApiResource
'''

_RESOURCES_HEAD = '''\
"""One resource class for each authentication method, and base classes with the fields that methods share.

Written by generate.py from the fields of the core; change them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field

from dagster_watchword.described import DescribedResource
'''

_RESOURCES_TAIL = '''

RESOURCES: Mapping[str, type[DescribedResource]] = MappingProxyType(
    {{resource.method: resource for resource in ({names},)}}
)
"""Every method's resource class by the method's name in a document."""
'''

_LONGEST_TEXT = 85
"""The length at which a description is broken into two literals, in characters."""

_WIDER = "  # type: ignore[assignment] # takes more values than the base's field"


def sources() -> Mapping[Path, str]:
    """Return the text of each generated module, not yet formatted."""
    names = ", ".join(_resource_name(method) for method in METHODS.values())
    return {
        COMMON_FIELDS_FILE: _COMMON_FIELDS_HEAD + _class("CommonFieldsResource", "ApiResource", CommonFields),
        RESOURCES_FILE: "".join(
            [
                _RESOURCES_HEAD,
                *(_class(_resource_name(model), _base_name(model), model) for model in _models()),
                _RESOURCES_TAIL.format(names=names),
            ]
        ),
    }


def _models() -> list[type[Method]]:
    """Return the methods, each preceded by those of its base classes that weren't returned before."""
    lines = (reversed(method.__mro__) for method in METHODS.values())
    models = (model for line in lines for model in line if issubclass(model, Method) and model is not Method)
    return list(dict.fromkeys(models))


def _resource_name(model: type[Method]) -> str:
    return f"{model.__name__}Resource"


def _base_name(model: type[Method]) -> str:
    (base,) = (base for base in model.__bases__ if issubclass(base, Method))
    return "DescribedResource" if base is Method else _resource_name(base)


def _class(name: str, base: str, model: type[Fields]) -> str:
    lines = [f"class {name}({base}):", f'    """{(model.__doc__ or "").strip().splitlines()[0]}"""', ""]
    if model in METHODS.values():
        lines += [f'    method: ClassVar[str] = "{model.method}"', ""]  # type: ignore[attr-defined] # a Method
    return "\n\n" + "\n".join([*lines, *_fields(model)]) + "\n"


def _fields(model: type[Fields]) -> Iterator[str]:
    """Yield the declaration of each described field that the model itself declares."""
    declared = inspect.get_annotations(model)
    for name, field in model.model_fields.items():
        description = about(field)
        if name not in declared or description is None:
            continue
        default = "" if field.is_required() else f"default={_default(field)}, "
        secret = "repr=False, " if description.secret else ""
        lines = _wrapped(description.help)
        text = "(" + "\n".join(map(repr, lines)) + ")" if len(lines) > 1 else repr(description.help)
        wider = _WIDER if _is_wider(model, name) else ""
        yield f"    {name}: {_type(field)} = Field({default}{secret}description={text}){wider}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _LONGEST_TEXT, drop_whitespace=False, break_on_hyphens=False)


def _is_wider(model: type[Fields], name: str) -> bool:
    """Return whether the field takes values that the base class's field of this name doesn't take."""
    inherited = next((_fields_of(base)[name] for base in model.__bases__ if name in _fields_of(base)), None)
    if inherited is None:
        return False
    return not set(get_args(model.model_fields[name].annotation)) <= set(get_args(inherited.annotation))


def _fields_of(base: type) -> Mapping[str, FieldInfo]:
    return base.model_fields if issubclass(base, Fields) else {}


def _type(field: FieldInfo) -> str:
    """Return a field's type in the form that Dagster takes; it has no read-only mappings and tuples."""
    if get_origin(field.annotation) is Literal:
        return f"Literal[{', '.join(repr(choice) for choice in get_args(field.annotation))}]"
    text = re.sub(r"<class '(\w+)'>", r"\1", str(field.annotation))
    text = text.replace("typing.Optional[", "").replace("NoneType", "None")
    if "Mapping[str, str]" in text:
        return "dict[str, str]"
    if "Mapping" in text:
        return "dict[str, Any]"
    return text.replace(", ...]", "]").replace("tuple[", "list[")


def _default(field: FieldInfo) -> str:
    default = field.get_default()
    return repr(list(default) if isinstance(default, tuple) else default)


def main() -> None:
    """Write the files, formatted."""
    for path, text in sources().items():
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "ruff", "format", "--quiet", str(path)]
        subprocess.run(command, check=True)  # noqa: S603 - the project's own formatter


if __name__ == "__main__":
    main()
