"""The office: where staff see to people, groups and the programme, between sessions.

One message on the phone, page by page. `office.py` finds the page or the act; every other module is
one concern, with its pages (what is shown) and its acts (what a tap does), and the right to each.
"""
