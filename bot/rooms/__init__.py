"""One module a video system; a room turns a credential into a way in."""
