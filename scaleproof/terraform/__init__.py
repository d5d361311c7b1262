"""Runs Terraform on a root configuration and reads its plans and states as typed objects."""
