"""Answers calls: parses a request, refuses what AWS refuses, calls the engine, renders the answer."""
