"""The shipped flows as revisions: the file in the package and one language's texts put together."""

from functools import cache

from bot.language import catalogues
from flows import drafts
from flows.definition import FlowError, load_shipped, shipped_overlays
from flows.flow import MissingTexts, Revision, make_revision


class LanguageIncomplete(LookupError):
    """This language lacks texts of a flow, so nobody can be asked in it."""


@cache
def shipped_revision(flow_id: str, locale: str) -> Revision:
    """Return the shipped flow in one language; raise `LanguageIncomplete` where texts lack."""
    flow = load_shipped()[flow_id]
    catalogue = catalogues.load(locale)
    texts = {key: catalogue.text(key, source.text) or "" for key, source in flow.texts().items()}
    revision = make_revision(flow, locale, texts)
    if isinstance(revision, MissingTexts):
        raise LanguageIncomplete(f"{locale}: {', '.join(revision.ids)}")
    return _with_overlay(revision)


def _with_overlay(revision: Revision) -> Revision:
    """Return the revision as its language has it; FlowError where that can't be used."""
    overlay = shipped_overlays().get((revision.flow.id, revision.locale))
    if overlay is None:
        return revision
    laid = drafts.with_overlay(revision, overlay)
    if isinstance(laid, Revision):
        return laid
    raise FlowError(laid)
