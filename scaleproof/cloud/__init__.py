"""The cloud that Terraform runs against: LocalStack, found or started, with the plugin that serves SageMaker.

Nothing is imported here: LocalStack's own environment, which lacks this package's dependencies, imports
`scaleproof.cloud.plugin` and `scaleproof.cloud.launch` through this package.
"""
