"""Measured, not asserted alone: `make bench`."""
