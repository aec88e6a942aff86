"""The practice page: its files, as the browser gets them. No code of the bot is here."""
