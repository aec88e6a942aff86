"""The strict local Bot API: what the bot sees of Telegram, and the phones that people hold."""
