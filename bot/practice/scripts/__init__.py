"""Scripts: evenings written line by line, and the player that plays them on phones."""
