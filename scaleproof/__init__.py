"""Checks the plan of auto-scaling SageMaker endpoints and simulates how they scale, before AWS sees them."""

__version__ = "0.1.0"
