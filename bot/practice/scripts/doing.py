"""What people do on their phones: they type, open, tap, paste a link, come in, lose their line."""

from collections.abc import Mapping
from functools import partial
from typing import Final

import aiohttp

from bot.practice.botapi.schema import Json
from bot.practice.scripts.handing import handed
from bot.practice.scripts.looking import Actor, Found, ways_in
from bot.practice.scripts.script import Line
from bot.practice.scripts.stage import Stage, StepDiffersError, Verb


async def _type(_: Stage, actor: Actor, line: Line) -> None:
    await actor.phone.type(" ".join(line.words))


async def _send(_: Stage, actor: Actor, line: Line) -> None:
    await actor.phone.act("send", kind=line.words[0])


async def _forward(_: Stage, actor: Actor, line: Line) -> None:
    await actor.phone.act("forward", text=" ".join(line.words))


async def _edit(_: Stage, actor: Actor, line: Line) -> None:
    """Edit one's own newest message."""
    shown = (await actor.phone.state())["messages"]
    own = [message["message_id"] for message in shown if message["from"] == "user"]
    if not own:
        raise StepDiffersError(f"{actor.name} has written nothing.")
    await actor.phone.act("edit", message_id=own[-1], text=" ".join(line.words))


async def _open(stage: Stage, actor: Actor, line: Line) -> None:
    """Open an invitation; `of=H7` somebody else's, `from=Anna` the one that her phone shows."""
    if line.words == ("invitation",) and "from" in line.params:
        await _open_handed(stage, actor, stage.actor(line.params["from"]))
        return
    invited = stage.actor(line.params.get("of", actor.name))
    if line.words != ("invitation",) or not invited.invitation:
        raise StepDiffersError(f"{invited.name} has no invitation.")
    await actor.phone.open_link(invited.invitation)


async def _open_handed(stage: Stage, actor: Actor, giver: Actor) -> None:
    """Open the newest invitation that somebody's phone shows, and learn whom it is for."""
    find = partial(handed, locale=giver.locale, before=stage.handed)
    link, label = await stage.wait(giver, find, "an invitation to hand on")
    stage.handed = link
    stage.labels[actor.name] = label
    await actor.phone.open_link(link)


def _simply(act: str) -> Verb:
    """Return what is one act of a phone and needs no word more."""

    async def do(_: Stage, actor: Actor, __: Line) -> None:
        await actor.phone.act(act)

    return do


async def _tap(stage: Stage, actor: Actor, line: Line) -> None:
    """Tap the newest button with this text; `times=6` so often, each time it is drawn anew."""
    params = {name: value for name, value in line.params.items() if name != "times"}
    before: Found | None = None
    for _ in range(int(line.params.get("times", "1"))):
        before = await stage.tap_button(actor, line.words[0], params, before)


async def _paste(stage: Stage, actor: Actor, line: Line) -> None:
    """`pastes link`: a fresh one; `pastes old-link` the last, `pastes old-link 1` the first."""
    match line.words:
        case ("link",):
            stage.links.append(f"{stage.address}/room/evening-{len(stage.links) + 1}")
            link = stage.links[-1]
        case ("old-link",) if stage.links:
            link = stage.links[-1]
        case ("old-link", number) if 1 <= int(number) <= len(stage.links):
            link = stage.links[int(number) - 1]
        case _:
            raise StepDiffersError("There is no such link.")
    await actor.phone.type(link)


async def _enter(stage: Stage, actor: Actor, _: Line) -> None:
    """Open the way in, as the button in the newest message does."""

    def find(state: Json) -> Found | None:
        return next(iter(ways_in(state)), None)

    found = await stage.wait(actor, find, "a way in")
    if not found.data.startswith(f"{stage.address}/room/"):
        raise StepDiffersError("The way in leads elsewhere.")
    await actor.phone.tap(found.message, found.data)
    async with (
        aiohttp.ClientSession() as session,
        session.get(found.data, params={"phone": str(actor.phone.user_id)}) as answer,
    ):
        answer.raise_for_status()


ACTS: Final[Mapping[str, Verb]] = {
    "types": _type,
    "sends": _send,
    "forwards": _forward,
    "edits": _edit,
    "opens": _open,
    "taps": _tap,
    "taps-again": _simply("tap_again"),
    "pastes": _paste,
    "enters": _enter,
    "blocks": _simply("block"),
    "unblocks": _simply("unblock"),
    "loses-line": _simply("lose_line"),
    "finds-line": _simply("find_line"),
}
