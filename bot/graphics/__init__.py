"""Pictures: those that coordinators send, and those that Chromium draws of a flow."""
