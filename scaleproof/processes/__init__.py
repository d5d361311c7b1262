"""Child processes, locks, scratch directories, the cache, and a Terraform that stays loaded."""
