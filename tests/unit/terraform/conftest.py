"""Small root configurations that need only Terraform's own provider."""

import pytest

COUNTED = """
variable "amount" {
  type    = number
  default = 1

  validation {
    condition     = var.amount >= 0
    error_message = "Set amount to 0 or more."
  }
}

variable "label" {
  type    = any
  default = "a"
}

resource "terraform_data" "item" {
  count            = var.amount
  input            = var.label
  triggers_replace = var.amount > 10
}

check "few" {
  assert {
    condition     = var.amount < 5
    error_message = "More than four."
  }
}

output "labels" {
  value = terraform_data.item[*].output
}
"""


@pytest.fixture
def write(tmp_path):
    """Writes files below a directory and returns one of its directories."""

    def files(root="root", /, **contents):
        for name, text in contents.items():
            path = tmp_path / name.replace("__", "/")
            path = path.with_name(f"{path.name}.tf")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / root

    return files


@pytest.fixture
def counted(write):
    """A root with two variables, some resources, a check and an output."""
    return write(root__main=COUNTED)
