"""The practice room as a process: the API, the bot that can be killed, and what the page asks."""
