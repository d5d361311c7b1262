"""`python -m scaleproof.providers aws|awscc`: a stand-in as a provider plugin, for Terraform to start."""

import sys

from scaleproof.errors import ScaleproofError
from scaleproof.providers.plugin import run

try:
    run(" ".join(sys.argv[1:]))
except ScaleproofError as error:
    sys.exit(f"scaleproof: {error}")
