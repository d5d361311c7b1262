"""Audits: what a scalable target did, compared with what this project's engine does on the same data."""
