"""What one instance of an endpoint sustains: load, levels, and the search for the last level that held."""
