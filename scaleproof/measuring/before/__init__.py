"""What is looked at before there is load on an endpoint, and what is held still meanwhile."""
