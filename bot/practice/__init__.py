"""The practice room: the real bot among phones that people hold, with nothing real at stake."""
