"""Reads what is literal in Terraform's files, and writes values as text of such files."""
