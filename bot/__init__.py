"""The only package that knows Telegram, Babel and HTTP."""
