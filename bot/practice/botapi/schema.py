"""What a call may look like: parameters checked against the Bot API's own description.

`bot_api.json` is derived from the Bot API's machine-readable description, version 10.1: for
the methods that the practice room knows and every type reachable from their parameters, each
field's types and whether it is required. This module checks shapes only. It must never look
at chats or messages, and never let an unknown field through: Telegram ignores those, which
hides a misspelt parameter until an evening depends on it.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

Json = dict[str, Any]

_DESCRIPTION: Json = json.loads(
    files("bot.practice.botapi").joinpath("bot_api.json").read_text("utf-8")
)
VERSION: str = _DESCRIPTION["version"]
METHODS: dict[str, Json] = _DESCRIPTION["methods"]
_TYPES: dict[str, Json] = _DESCRIPTION["types"]
_BY_LOWER_NAME = {name.lower(): name for name in METHODS}
_SCALARS: dict[str, type] = {"Integer": int, "Float": float, "String": str, "Boolean": bool}

# Telegram's own words where a missing parameter has some.
_MISSING = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
}


class RefusedError(Exception):
    """A call that Telegram would refuse: its HTTP code and description."""

    def __init__(self, description: str, code: int = 400, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the call."""

    name: str
    mime_type: str
    content: bytes


def method_name(name: str) -> str:
    """Return the method's own spelling; Telegram does not mind the case."""
    found = _BY_LOWER_NAME.get(name.lower())
    if found is None:
        raise RefusedError("Not Found", 404)
    return found


def read_parameters(method: str, given: Json, uploads: dict[str, Upload]) -> Json:
    """Return the parameters of `method`, decoded and checked; raise `RefusedError`."""
    fields = METHODS[method]
    attached = {value.removeprefix("attach://") for value in given.values() if _attaches(value)}
    for name in [*given, *(set(uploads) - attached)]:
        if name not in fields:
            raise RefusedError(f"Bad Request: unknown parameter {name} of {method}")
    read: Json = {}
    for name, field in fields.items():
        value = uploads.get(name, given.get(name))
        if value is None:
            _need(name, field)
            continue
        read[name] = _read_top(name, _resolve(value, uploads), field["types"])
    return read


def _attaches(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("attach://")


def _resolve(value: Any, uploads: dict[str, Upload]) -> Any:
    if not _attaches(value):
        return value
    try:
        return uploads[value.removeprefix("attach://")]
    except KeyError:
        raise RefusedError("Bad Request: attached file not found") from None


def _need(name: str, field: Json) -> None:
    if field["required"]:
        raise RefusedError(f"Bad Request: {_MISSING.get(name, f'parameter {name} is required')}")


def _read_top(name: str, value: Any, types: list[str]) -> Any:
    """Decode a parameter: in a form, and in a JSON body if one likes, it is text."""
    if isinstance(value, Upload):
        if "InputFile" not in types:
            raise RefusedError(f"Bad Request: parameter {name} can't be a file")
        return value
    if isinstance(value, str):
        value = _from_text(name, value, types)
    _check_any(name, value, types)
    return value


def _from_text(name: str, text: str, types: list[str]) -> Any:
    if "Integer" in types:
        try:
            return int(text)
        except ValueError:
            pass
    if "String" in types:
        return text
    if types == ["Boolean"]:
        return _boolean(name, text)
    try:
        return json.loads(text)
    except ValueError:
        raise RefusedError(f"Bad Request: can't parse {name} JSON object") from None


def _boolean(name: str, text: str) -> bool:
    match text.lower():
        case "true" | "1" | "yes":
            return True
        case "false" | "0" | "no":
            return False
        case _:
            raise RefusedError(f"Bad Request: {name} must be of type Boolean")


def _check_any(place: str, value: Any, types: list[str]) -> None:
    """Check `value` against the one of `types` that it means to be."""
    if isinstance(value, dict):
        candidates = [t for t in types if t in _TYPES]
        if candidates:
            _check_object(place, value, _meant(value, candidates))
            return
    for kind in types:
        if kind.startswith("Array of ") and isinstance(value, list):
            for number, item in enumerate(value):
                _check_any(f"{place}[{number}]", item, [kind.removeprefix("Array of ")])
            return
        if _is_scalar(value, kind):
            return
    raise RefusedError(f"Bad Request: {place} must be of type {' or '.join(types)}")


def _is_scalar(value: Any, kind: str) -> bool:
    expected = _SCALARS.get(kind)
    if expected is None:
        return False
    # To Python a bool is an int; to Telegram it is not.
    return isinstance(value, expected) and (expected is bool or not isinstance(value, bool))


def _meant(value: Json, candidates: list[str]) -> str:
    """Choose the type whose required fields are there, else the first."""
    for kind in candidates:
        required = [n for n, f in _TYPES[kind].get("fields", {}).items() if f["required"]]
        if required and all(name in value for name in required):
            return kind
    return candidates[0]


def _check_object(place: str, value: Json, kind: str) -> None:
    description = _TYPES[kind]
    if "subtypes" in description:
        _check_object(place, value, _subtype(value, kind))
        return
    fields = description["fields"]
    for name in value:
        if name not in fields:
            raise RefusedError(f"Bad Request: unknown field {name} of {kind} in {place}")
    for name, field in fields.items():
        if name in value:
            _check_any(f"{place}.{name}", value[name], field["types"])
        elif field["required"]:
            raise RefusedError(f'Bad Request: can\'t find field "{name}" of {kind} in {place}')


def _subtype(value: Json, kind: str) -> str:
    for subtype in _TYPES[kind]["subtypes"]:
        if value.get("type") == _TYPES[subtype]["fields"]["type"].get("is"):
            return str(subtype)
    raise RefusedError(f"Bad Request: can't parse {kind}: unsupported type specified")
