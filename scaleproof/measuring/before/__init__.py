"""What is looked at before there is load on an endpoint. Nothing is changed."""
