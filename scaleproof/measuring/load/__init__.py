"""Load on one endpoint: users who each send their next request as soon as the last one has ended.

`generator` implements `Load` with processes that run `worker`. These import little, so that another Python,
which has AWS's client of bidirectional streams, can run them.
"""
