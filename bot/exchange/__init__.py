"""Texts, steps and flows by file: what leaves as a sheet or a picture, and what comes back."""
