"""The shipped flows as revisions: the file in the package and one language's texts put together."""

from functools import cache

from bot import catalogues
from flows.definition import load_shipped
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
    return revision
