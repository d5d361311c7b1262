"""Answers calls: parses a request, refuses what AWS refuses, hands on, and shapes the answer."""
