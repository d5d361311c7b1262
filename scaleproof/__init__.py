"""Proves that auto-scaling SageMaker endpoints plan, apply and scale before AWS sees them."""

__version__ = "0.1.0"
