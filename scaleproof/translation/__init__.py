"""Terraform's names and values, and the API's: what the stand-ins and the readers of plans share."""
