"""What lasts: one database, one writer, whole transactions. Knows no Telegram, no HTTP."""
