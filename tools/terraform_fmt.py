"""Formats all HCL below the working directory with the Terraform that scaleproof uses: `make fmt`."""

import subprocess
import sys

from scaleproof.terraform import executable

if __name__ == "__main__":
    sys.exit(subprocess.call([*executable.find().command, "fmt", "-recursive", "."]))
