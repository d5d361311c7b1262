"""Runs independent tasks: in this process, on all cores, or on a Dask cluster, with the same results."""

from scaleproof.workers.each import Each, Workers, cores, counted, workers
from scaleproof.workers.task import GoneError
from scaleproof.workers.together import together

__all__ = ["Each", "GoneError", "Workers", "cores", "counted", "together", "workers"]
