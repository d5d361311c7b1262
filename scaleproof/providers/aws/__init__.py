"""The stand-in for hashicorp/aws."""
