"""Pure and synchronous: what a session, a check and a flow are, and what follows from what."""
