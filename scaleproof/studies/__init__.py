"""Questions put to the simulation: traffic in words and files, and what the answer is worth."""
