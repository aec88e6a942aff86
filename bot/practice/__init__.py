"""The practice room: a strict local Bot API and the phones of the people who practise."""
