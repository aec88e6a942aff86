"""Home: a participant's own screen between sessions, one question at a time.

`home.py` finds whose question is next; every other module is one concern.
"""
