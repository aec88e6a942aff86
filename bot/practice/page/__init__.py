"""The practice page: its files, and what it shows besides the phones."""
