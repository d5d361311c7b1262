"""Reads Terraform's files as data, and writes values as text of such files."""

from scaleproof.hcl.source import Block, Expression, read_file

__all__ = ["Block", "Expression", "read_file"]
