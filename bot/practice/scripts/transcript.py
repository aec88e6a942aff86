"""The transcript of a phone: what came, changed, went, was tapped and answered, in its order."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.practice.botapi.schema import Json

_WHAT = {
    "came": "<<",
    "edited": "~~",
    "gone": "xx",
    "sent": ">>",
    "tapped": ">>",
    "forged": "!!",
    "toast": "<-",
}


def transcript(name: str, locale: str, history: Sequence[Json], zone: str) -> Iterator[str]:
    """Yield the lines of one phone's transcript."""
    yield f"--- {name} ({locale}) ---"
    for entry in _without_flicker(history):
        moment = datetime.fromtimestamp(entry["at"], ZoneInfo(zone))
        yield from _entry(f"{moment:%H:%M} {_WHAT[entry['what']]}", entry)


def _without_flicker(history: Sequence[Json]) -> Iterator[Json]:
    """Leave out drawings of a message that the next entry replaces at once."""
    for at, entry in enumerate(history):
        following = history[at + 1] if at + 1 < len(history) else {"what": "end"}
        redrawn = following["what"] == entry["what"] == "edited"
        if not (redrawn and following["message_id"] == entry["message_id"]):
            yield entry


def _entry(head: str, entry: Json) -> Iterator[str]:
    match entry["what"]:
        case "gone":
            yield f"{head} message {entry['message_id']} deleted"
        case "tapped":
            yield f"{head} [{entry['text']}]"
        case "toast":
            if entry["text"]:
                yield f"{head} ({entry['text']})"
        case _:
            first, *rest = (entry["text"] or f"<{entry['kind']}>").splitlines()
            yield f"{head} {first}"
            yield from (f"{'':9}{line}" for line in rest)
            for row in entry.get("keyboard", ()):
                yield f"{'':9}" + " ".join(f"[{button['text']}]" for button in row)
