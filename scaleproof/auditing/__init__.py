"""Audits: what a scalable target did, against what this project's engine makes of the same data."""
