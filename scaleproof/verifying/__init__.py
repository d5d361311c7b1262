"""Settles on a cloud what no document says: phases, their recording, and findings."""
