"""Terraform's working directory: a tree of links, with copies of what Terraform reads by its name."""

from contextlib import closing

from scaleproof.terraform.workdir import WorkingDirectory

COPIED = ("main.tf", "more.tf.json", "main.tofu", "terraform.tfvars", ".auto.tfvars", ".terraform.lock.hcl")
LINKED = ("data.json", "template.tftpl", "modules", "tests", "x.tftest.hcl", ".hidden", ".terraform-version")
ABSENT = (".terraform", "terraform.tfstate", "terraform.tfstate.backup", "errored.tfstate", "scaleproof.tfstate")


def test_the_configuration_is_copied_and_what_terraform_writes_left_out(tmp_path):
    for name in (*COPIED, *LINKED, *ABSENT):
        (tmp_path / name).write_text(f"# {name}")
    with closing(WorkingDirectory(tmp_path)) as working:
        made = {path.name: path for path in working.path.iterdir()}
        assert {name for name, path in made.items() if path.is_symlink()} == {*LINKED}
        assert made.keys() == {*COPIED, *LINKED, "~scaleproof_override.tf.json"}
        for name in COPIED:
            assert made[name].read_text() == f"# {name}"
            assert made[name].stat().st_mode & 0o777 == 0o600


def test_changes_are_taken_over(tmp_path):
    (tmp_path / "main.tf").write_text("first")
    (tmp_path / "data").touch()
    with closing(WorkingDirectory(tmp_path)) as working:
        (tmp_path / "main.tf").rename(tmp_path / "other.tf")
        (tmp_path / "data").rename(tmp_path / "more")
        working.update({})
        names = {path.name for path in working.path.iterdir()}
    assert names == {"other.tf", "more", "~scaleproof_override.tf.json"}


def test_values_of_a_hidden_file_are_used(write, planned):
    root = write(root__main='variable "it" {}\noutput "it" {\n  value = var.it\n}\n')
    (root / ".auto.tfvars").write_text('it = "hidden"')
    assert planned(root).outputs == {"it": "hidden"}
