"""The commands of `vestibule`, one module each; `bot/cli.py` knows them all."""
