"""Check the plan of auto-scaling SageMaker endpoints, and simulate how they scale, before you apply it to AWS."""

__version__ = "0.1.0"
