"""Runs independent tasks: in this process, on all cores, or on a Dask cluster, with the same results."""

from scaleproof.workers.each import Each, counted, workers

__all__ = ["Each", "counted", "workers"]
