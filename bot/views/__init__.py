"""What people see: pure functions from a scene to a message. Nothing here changes anything."""
