"""Recorded traffic: what CloudWatch has of a live endpoint, as requests that a simulation can replay."""
