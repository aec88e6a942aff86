"""The signatures of a session as a page to read and print: who, when, what it meant.

For staff alone. It says what was signed, and must never look like a certificate of anything.
"""

from collections.abc import Sequence
from html import escape

from bot.language.words import MissingText, words
from bot.scene import Scene
from bot.views.message import Document, Message
from storage.signed import Act

_STYLE = (
    "body{font:15px/1.45 sans-serif;margin:2em;max-width:60em}table{border-collapse:collapse}"
    "td,th{border:1px solid #888;padding:.4em .6em;text-align:start;vertical-align:top}"
    "tr{break-inside:avoid}.void{color:#555}"
)
_COLUMNS = ("when", "by", "what", "meaning")


def record(scene: Scene, acts: Sequence[Act], row: int) -> Message | None:
    """Draw what was signed, up to this row of the record; nothing for whoever is not staff."""
    if scene.viewer.id not in scene.session.facilitators:
        return None
    name = f"{scene.session.id}-signatures.html"
    page = _page(scene, acts, row).encode()
    return Message(scene.say.say("record/caption", name=scene.name), document=Document(name, page))


def _page(scene: Scene, acts: Sequence[Act], row: int) -> str:
    say, session = scene.say, scene.session
    title = say.say("record/title", name=scene.name, time=say.moment(session.starts_at))
    heads = "".join(f"<th>{escape(say.say(f'record/{column}'))}</th>" for column in _COLUMNS)
    rows = "\n".join(_row(scene, act) for act in acts)
    foot = escape(say.say("record/foot", row=row))
    return (
        f'<!doctype html>\n<html lang="{say.locale}" dir="auto"><meta charset="utf-8">\n'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>\n"
        f"<h1>{escape(title)}</h1>\n<table><thead><tr>{heads}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table>\n<p>{foot}</p>\n</html>\n"
    )


def _row(scene: Scene, act: Act) -> str:
    void = "" if act.live else f"<br>({escape(scene.say.say('record/void'))})"
    meaning = escape(_meaning(scene, act))
    cells = (
        escape(scene.say.moment(act.at)),
        escape(scene.label(act.by)),
        escape(_what(scene, act)) + _by_phone(scene, act) + void,
        f'<span lang="{act.meaning.locale}" dir="auto">{meaning}</span>',
    )
    shown = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr>{shown}</tr>" if act.live else f'<tr class="void">{shown}</tr>'


def _what(scene: Scene, act: Act) -> str:
    if act.person is None:
        return scene.say.say("record/opened")
    key = f"turned_away-{act.destination}" if act.destination else "admitted"
    return scene.say.say(f"record/{key}", who=scene.label(act.person))


def _by_phone(scene: Scene, act: Act) -> str:
    """Say who entered answers that the signature stands on, where the person did not."""
    if not act.entered_by:
        return ""
    by = scene.say.listing([scene.label(one) for one in act.entered_by])
    return f"<br>{escape(scene.say.say('assisted/entered', by=by))}"


def _meaning(scene: Scene, act: Act) -> str:
    """Return the sentence as the signer read it, found again by its hash."""
    who = {} if act.person is None else {"who": scene.label(act.person)}
    say = words(act.meaning.locale, scene.viewer.zone)
    try:
        if say.meaning(act.meaning.key) == act.meaning:
            return say.say(act.meaning.key, **who)
    except (MissingText, KeyError):
        pass
    return scene.say.say("record/reworded")
