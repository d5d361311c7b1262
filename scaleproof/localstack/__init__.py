"""Finds, installs, starts, keeps and stops a LocalStack, and asks it for faults and calls."""
