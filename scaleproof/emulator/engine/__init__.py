"""Decides and acts by the clock: deployments, scalable targets, alarms, invocations."""
