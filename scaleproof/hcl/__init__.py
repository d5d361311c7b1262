"""Terraform modules as data: what a directory of .tf files declares, and the documentation made from it."""

from scaleproof.hcl.json_syntax import read_json
from scaleproof.hcl.module import (
    DataSource,
    Module,
    ModuleCall,
    Output,
    RequiredProvider,
    Resource,
    Validation,
    Variable,
)
from scaleproof.hcl.source import NOT_CONSTANT, Block, Expression, read_file

__all__ = [
    "NOT_CONSTANT",
    "Block",
    "DataSource",
    "Expression",
    "Module",
    "ModuleCall",
    "Output",
    "RequiredProvider",
    "Resource",
    "Validation",
    "Variable",
    "read_file",
    "read_json",
]
