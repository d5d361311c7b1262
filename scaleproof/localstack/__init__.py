"""The cloud that Terraform runs against: LocalStack, found or started, with the plugin that serves SageMaker.

Nothing is imported here: LocalStack's own environment, which lacks this package's dependencies, imports
`scaleproof.emulator` and `scaleproof.emulator.launch` through this package.
"""
