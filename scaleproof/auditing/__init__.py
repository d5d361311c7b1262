"""Audits a live endpoint: compares what scaled it with what this project's engine does on the same data."""
