"""Puts load on one endpoint: each user sends the next request as soon as the last one has ended.

`generator` implements `Load` with a pool of processes, each of which runs a share of the users in `closed_loop`.
"""
