"""Terraform modules as data: what a directory of .tf files declares."""

from scaleproof.hcl.module import Module, ModuleCall, RequiredProvider, Variable
from scaleproof.hcl.source import NOT_CONSTANT, Block, Expression, read_file

__all__ = [
    "NOT_CONSTANT",
    "Block",
    "Expression",
    "Module",
    "ModuleCall",
    "RequiredProvider",
    "Variable",
    "read_file",
]
