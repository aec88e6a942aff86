"""Words: the catalogues, what they must not say, how far they have come, and a text by its key."""
