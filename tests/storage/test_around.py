"""Around the gate by raw SQL: who is in a group, what was published, which language is approved.

And what a draft stands on, which a recall takes away, and which picture a step has.

None of it opens anything; what stands here is what the gate's conditions are settled on.
"""

import pytest

from bot.language.shipped import shipped_revision
from tests.honest import NOON
from tests.storage import test_orientations as orientations
from tests.storage.test_forgeries import Forgery, insert, refuse, take
from tests.storage.test_orientations import ANNA, BERND, H7, K2, OTHER, READY

places, attack = orientations.places, orientations.attack

EN, DE = (shipped_revision("orientation", locale).id for locale in ("en", "de"))
NUMBER = 50
"""The number of a publication; the installation's own ones are lower, as are its approvals."""
HEX, OTHER_HEX = "a" * 64, "b" * 64


def member(verb="INSERT", **changed):
    row = {"group": 1, "person": OTHER, "role": "participant", "since": NOON}
    return insert("membership", verb, **{**row, **changed})


def publication(verb="INSERT", **changed):
    row = {"number": NUMBER, "flow": "orientation", "locale": "en", "revision": EN, "by": ANNA,
           "read_by": BERND, "at": NOON}  # fmt: skip
    return insert("publication", verb, **{**row, **changed})


def edit(verb="INSERT", **changed):
    row = {"publication": NUMBER, "number": 1, "what": "moved", "step": "tea", "words": "w",
           "reason": "r", "by": ANNA, "at": NOON}  # fmt: skip
    return insert("publication_edit", verb, **{**row, **changed})


def approval(number, act="approved", verb="INSERT", **changed):
    row = {
        "number": 100 + number,
        "locale": "fi",
        "act": act,
        "texts": "{}",
        "by": BERND,
        "at": NOON,
    }
    return insert("approval", verb, **{**row, **changed})


def picture(verb="INSERT", **changed):
    return insert("picture", verb, **{"digest": HEX, "bytes": b"p", **changed})


def pictured(verb="INSERT", **changed):
    row = {"revision": EN, "step": "tea", "picture": HEX}
    return insert("revision_picture", verb, **{**row, **changed})


def draft(locale="en", base=EN, flow="orientation"):
    """Let three changes have been made to a flow, of which the last is its steps."""
    steps = insert("draft_steps", flow=flow, locale=locale, body="{}", base=base)
    return steps, insert("draft_count", flow=flow, locale=locale, changes=3, steps=1)


def cap(places, group=1):
    return f'UPDATE "group" SET cap = {places} WHERE id = {group}'


def recalled(revision):
    return f"UPDATE revision SET recalled_at = {NOON} WHERE id = '{revision}'"


COORDINATES = insert("staff_role", person=BERND, role="coordinator")
IN_ICELANDIC = approval(8, locale="is")
APPROVED = (COORDINATES, approval(1))
TAKEN_BACK = (*APPROVED, approval(2, "taken-back"))
TWO_PICTURES = (picture(), picture(digest=OTHER_HEX))
AGAIN = ("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE")

MEMBERS = (
    *(Forgery(f"member-twice-{n}", READY, member(verb, person=H7, role="facilitator"),
              "already there") for n, verb in enumerate(AGAIN)),
    Forgery("member-of-a-full-group", READY, member(), "full", (cap(2),)),
    Forgery("member-of-another-full-group", READY, member(group=2, person=H7), "full",
            (cap(1, 2),)),
    Forgery("member-of-no-group", READY, member(group=9), "full"),
    Forgery("member-for-another-role", READY, "UPDATE membership SET role = 'participant'",
            "begins and ends"),
    Forgery("member-since-earlier", READY,
            f"UPDATE membership SET since = 0 WHERE person = {H7}", "begins and ends"),
)  # fmt: skip

PUBLICATIONS = (
    *(Forgery(f"publication-twice-{n}", READY, publication(verb), "already there",
              (publication(),)) for n, verb in enumerate(AGAIN)),
    Forgery("publication-of-another-flow", READY, publication(flow="environment"), "another flow"),
    Forgery("publication-in-another-language", READY, publication(locale="de"), "another flow"),
    Forgery("publication-of-nothing", READY, publication(revision=HEX), "another flow"),
    Forgery("publication-of-what-was-recalled", READY, publication(), "recalled",
            (recalled(EN),)),
    Forgery("publication-by-somebody-else", READY, 'UPDATE publication SET "by" = 2', "append",
            (publication(),)),
    Forgery("publication-taken-out", READY, f"DELETE FROM publication WHERE number = {NUMBER}",
            "append", (publication(),)),
    *(Forgery(f"edit-twice-{n}", READY, edit(verb, reason="other"), "already there",
              (publication(), edit())) for n, verb in enumerate(AGAIN)),
    Forgery("edit-for-another-reason", READY, "UPDATE publication_edit SET reason = 'x'", "append",
            (publication(), edit())),
    Forgery("edit-taken-out", READY, "DELETE FROM publication_edit", "append",
            (publication(), edit())),
)  # fmt: skip

APPROVALS = (
    *(Forgery(f"approval-twice-{n}", READY, approval(1, verb=verb), "already there", APPROVED)
      for n, verb in enumerate(AGAIN)),
    *(Forgery(f"approval-by-{name}", READY, approval(1, by=by), "not by a coordinator",
              (COORDINATES,)) for name, by in {"a-facilitator": ANNA, "a-participant": H7,
                                               "nobody-known": 99}.items()),
    Forgery("approval-after-the-role", READY, approval(1), "not by a coordinator",
            (insert("staff_role", person=BERND, role="coordinator", ended_at=NOON),)),
    Forgery("approval-by-who-left", READY, approval(1), "not by a coordinator",
            (COORDINATES, f"UPDATE person SET status = 'left' WHERE id = {BERND}")),
    Forgery("approval-by-a-facilitator-beside-one-who-left", READY, approval(1, by=ANNA),
            "not by a coordinator",
            (COORDINATES, f"UPDATE person SET status = 'left' WHERE id = {K2}")),
    *(Forgery(f"{act}-of-what-nobody-approved", READY, approval(1, act), "is not approved",
              (COORDINATES, IN_ICELANDIC)) for act in ("slip", "taken-back")),
    *(Forgery(f"{act}-of-what-was-taken-back", READY, approval(3, act), "is not approved",
              TAKEN_BACK) for act in ("slip", "taken-back")),
    Forgery("slip-by-a-program", READY, approval(2, "slip", by=None), "CHECK", APPROVED),
    Forgery("approval-turned-into-a-slip", READY, "UPDATE approval SET act = 'slip'", "append",
            APPROVED),
    Forgery("approval-taken-out", READY, "DELETE FROM approval", "append", APPROVED),
)  # fmt: skip

PICTURES = (
    *(Forgery(f"picture-twice-{n}", READY, picture(verb, bytes=b"q"), "already there",
              (picture(),)) for n, verb in enumerate(AGAIN)),
    Forgery("picture-drawn-over", READY, "UPDATE picture SET bytes = x'00'", "append",
            (picture(),)),
    Forgery("picture-renamed", READY, f"UPDATE picture SET digest = '{OTHER_HEX}'", "append",
            (picture(),)),
    *(Forgery(f"step-pictured-twice-{n}", READY, pictured(verb, picture=OTHER_HEX),
              "already there", (*TWO_PICTURES, pictured())) for n, verb in enumerate(AGAIN)),
    Forgery("step-with-another-picture", READY,
            f"UPDATE revision_picture SET picture = '{OTHER_HEX}'", "append",
            (*TWO_PICTURES, pictured())),
    Forgery("step-without-its-picture", READY, "DELETE FROM revision_picture", "append",
            (picture(), pictured())),
)  # fmt: skip

FORGERIES = (*MEMBERS, *PUBLICATIONS, *APPROVALS, *PICTURES)

HONEST = {
    "member-on-the-last-place": (READY, (cap(3), member())),
    "member-of-a-second-group": (READY, (cap(2, 2), member(group=2, person=H7))),
    "facilitator-of-a-full-group": (READY, (cap(2), member(role="facilitator"))),
    "member-who-goes": (READY, (f"DELETE FROM membership WHERE person = {H7}",)),
    "publication": (READY, (publication(), publication(number=51, locale="de", revision=DE))),
    "publication-beside-what-was-recalled": (READY, (recalled(DE), publication())),
    "edits": (
        READY,
        (publication(), publication(number=51), edit(), edit(number=2), edit(publication=51)),
    ),
    "approval-by-the-practice-room": (READY, (approval(1, by=None),)),
    "approval-with-slips": (READY, (*APPROVED, approval(2, "slip"), approval(3, "slip"))),
    "approval-taken-back-after-a-slip": (
        READY,
        (*APPROVED, approval(2, "slip"), approval(3, "taken-back"), approval(4)),
    ),
    "approval-anew": (
        READY,
        (*TAKEN_BACK, approval(3), approval(4, "slip"), approval(5, "taken-back")),
    ),
    "approval-beside-another-language-taken-back": (
        READY,
        (
            *APPROVED,
            IN_ICELANDIC,
            approval(9, "taken-back", locale="is"),
            approval(10, "slip"),
        ),
    ),
    "pictures": (
        READY,
        (*TWO_PICTURES, pictured(), pictured(step="mute"), pictured(revision=DE)),
    ),
    "picture-that-no-step-has": (READY, (picture(), "DELETE FROM picture")),
    "recall-takes-away-what-a-draft-stands-on": (
        READY,
        (
            *draft(),
            recalled(EN),
            "DELETE FROM draft_steps WHERE base IS NULL",
            "DELETE FROM draft_count WHERE recalled = 3",
        ),
    ),
    "recall-beside-drafts-on-something-else": (
        READY,
        (
            *draft("de", DE),
            *draft("en", DE, "environment"),
            recalled(EN),
            *(
                f"DELETE FROM {table} WHERE flow = '{flow}' AND {untouched}"
                for flow in ("orientation", "environment")
                for table, untouched in (
                    ("draft_steps", f"base = '{DE}'"),
                    ("draft_count", "recalled = 0"),
                )
            ),
        ),
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_forgery(attack, forgery):
    """The schema alone refuses it, for the reason given, and nothing is changed."""
    refuse(attack(forgery.place), forgery)


@pytest.mark.parametrize("name", HONEST)
def test_honest_act(attack, name):
    """The same statements with the truth in them are taken: not everything is refused."""
    place, statements = HONEST[name]
    take(attack(place), statements)
