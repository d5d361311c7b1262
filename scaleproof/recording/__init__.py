"""Recorded traffic: what CloudWatch has of a live endpoint, as rates that a simulation can replay."""
