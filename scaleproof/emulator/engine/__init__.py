"""Decides and moves by the clock: deployments, scalable targets, alarms, invocations."""
