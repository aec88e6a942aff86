"""Made-up contents of what people send besides text.

Just enough for the Bot API's types to parse. There is no content behind any of it, and there
must never be: the bot takes none of these.
"""

from bot.practice.botapi.schema import Json

_FILE = {"file_size": 1234}


def media(kind: str, number: int) -> Json:
    """Return the part of a Message that makes it of this kind; KeyError: no such kind."""
    file = {**_FILE, "file_id": f"practice-{kind}-{number}", "file_unique_id": f"p{number}"}
    kinds: dict[str, Json] = {
        "photo": {"photo": [{**file, "width": 90, "height": 60}]},
        "voice": {"voice": {**file, "duration": 3, "mime_type": "audio/ogg"}},
        "sticker": {"sticker": {**file, **_STICKER}},
        "contact": {"contact": {"phone_number": "+10000000000", "first_name": "Somebody"}},
        "location": {"location": {"latitude": 0.0, "longitude": 0.0}},
        "document": {
            "document": {**file, "file_name": "document.pdf", "mime_type": "application/pdf"}
        },
    }
    return kinds[kind]


_STICKER = {
    "type": "regular",
    "width": 512,
    "height": 512,
    "is_animated": False,
    "is_video": False,
}
