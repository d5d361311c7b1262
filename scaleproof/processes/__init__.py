"""Children, locks, scratch directories, the cache, and what stays loaded between commands."""
