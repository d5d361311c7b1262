"""Terraform's working directory: a tree of links, with copies of what Terraform reads by its name."""

import os
from contextlib import closing, nullcontext

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.processes import scratch
from scaleproof.terraform.blocks import files_in
from scaleproof.terraform.root import Root
from scaleproof.terraform.workdir import WorkingDirectory


def test_directories_of_other_runs_are_not_linked(tmp_path):
    """With many runs in one directory, the links would take long."""
    for name in ("root", "scaleproof-mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text("")
    other = scratch.make(base=tmp_path)
    with closing(WorkingDirectory(tmp_path / "root")) as working:
        assert (working.path / "../scaleproof-mine/main.tf").exists()
        assert not (working.path.parent / other.name).exists()
    scratch.remove(other)


COPIED = ("main.tf", "more.tf.json", "terraform.tfvars", "x.auto.tfvars.json", ".auto.tfvars")
LINKED = ("data.json", "template.tftpl", "policy.hcl", "modules", "terraform", "main.tf~", "#main.tf#")
ABSENT = (
    *("terraform.d", ".terraform", ".terraform.lock.hcl", ".terraformrc"),
    *("x.tftest.hcl", "x.tftest.json", "x.tofutest.hcl", "x.tofutest.json", "x.tfquery.hcl", "x.tfmock.hcl"),
    "a name\nof two lines.tftest.hcl",
    *("x.tfcomponent.hcl", "x.tfdeploy.hcl", "x.tfstack.hcl", "x.tfplan"),
    *("terraform.tfstate", "terraform.tfstate.backup", "terraform.tfstate.1.backup", "errored.tfstate"),
    *("terraform-provider-x_v1.0.0", "terraform-provisioner-x_v1.0.0"),
    *(".main.tf", "pipe", ".tool-versions", ".terraform-version", ".hidden", "mise.toml"),
    *("mise", "mise.local.toml", "aqua", "aqua.yaml", "devbox.json"),
)
OPENTOFU = ("main.tofu", "more.tofu.json")


@pytest.mark.parametrize(
    ("name", "is_last"),
    [
        ("zzz_override.tf", False),
        ("\u00e9.tf", False),
        ("\u00e9_override.tf", True),
        ("~scaleproof_override.tf.json", True),
        ("~override.tf", False),
    ],
)
def test_no_override_file_may_come_after_the_one_that_sets_the_backend(tmp_path, name, is_last):
    (tmp_path / "main.tf").touch()
    (tmp_path / name).write_text("{}" if name.endswith(".json") else "")
    refused = pytest.raises(ScaleproofError, match=f"{name} could name another backend")
    with refused if is_last else nullcontext(), closing(WorkingDirectory(tmp_path)):
        pass


@pytest.mark.parametrize("opentofu", [False, True])
def test_only_names_without_a_meaning_are_linked(tmp_path, opentofu):
    for name in (*COPIED, *LINKED, *ABSENT, *OPENTOFU):
        if name == "pipe":
            os.mkfifo(tmp_path / name)
        elif "." in name.removesuffix(".d").lstrip(".") or name.startswith("terraform-"):
            (tmp_path / name).write_text(f"# {name}")
        else:
            (tmp_path / name).mkdir()
    with closing(WorkingDirectory(tmp_path, opentofu=opentofu)) as working:
        made = {path.name: path for path in working.path.iterdir()}
        copies = (*COPIED, *(OPENTOFU if opentofu else ()))
        assert {name for name, path in made.items() if path.is_symlink()} == {*LINKED}
        assert made.keys() == {*copies, *LINKED, "~scaleproof_override.tf.json"}
        for name in copies:
            assert made[name].read_text() == f"# {name}"
            assert made[name].stat().st_mode & 0o777 == 0o600


MODULE = """
module "m" {
  source = "./tests/m"
}
resource "terraform_data" "it" {
  input = file("${path.module}/tests/data/it.txt")
}
"""
TEST = """
provider "nobody" {}
run "it" {
  command = plan
  module {
    source = "git::https://198.51.100.7/m.git"
  }
}
"""


@pytest.mark.parametrize("name", ["it.tftest.hcl", "a\nb.tftest.hcl"])
def test_of_the_directory_of_tests_all_but_the_tests_is_there(write, standins, name):
    if standins is None:
        pytest.skip("with the registry's providers it is the same")
    root = write(root__main=MODULE, root__tests__m__main='resource "terraform_data" "it" {}')
    data = root / "tests/data/it.txt"
    data.parent.mkdir()
    data.write_text("first")
    (root / "tests" / name).write_text(TEST)
    (root / name).write_text(TEST)
    with Root(root, standins=standins) as opened:
        planned = opened.plan()
        assert planned.resource("module.m.terraform_data.it").actions == ("create",)
        assert planned.resource("terraform_data.it").values["input"] == "first"
        (root / "tests/more.tftest.hcl").write_text(TEST)
        data.parent.rename(root / "tests/else")
        (root / "main.tf").write_text(MODULE.replace("tests/data", "tests/else"))
        assert opened.plan().resource("terraform_data.it").values["input"] == "first"
        assert {path.name for path in (opened._work.path / "tests").iterdir()} == {"m", "else"}


def test_values_of_a_hidden_file_are_used(write, planned):
    root = write(root__main='variable "it" {}\noutput "it" {\n  value = var.it\n}\n')
    (root / ".auto.tfvars").write_text('it = "hidden"')
    assert planned(root).outputs == {"it": "hidden"}


def test_modules_below_modules_and_texts_that_are_none(write):
    """However many they are."""
    root = write(root__main=f'module "m" {{\n  source = "./0" # "./{"x" * 300}", "./\0"\n}}\n')
    for place in range(1200):
        (root / f"{place}").mkdir()
        (root / f"{place}" / "main.tf").write_text(f'module "m" {{\n  source = "../{place + 1}"\n}}\n')
    WorkingDirectory(root).close()
    os.mkfifo(root / "1199" / "z.tf")
    with pytest.raises(ScaleproofError, match=r"1199/z\.tf cannot be read: it is not a file"):
        WorkingDirectory(root)


@pytest.mark.parametrize(
    ("source", "name", "ending"),
    [
        (r".\u002fm", "m", "tf"),
        (r"\U0000002e/m", "m", "tf"),
        (r"./a\"b\\u002f\n", 'a"b\\u002f\n', "tf"),
        ("./$${m", "${m", "tf"),
        ("./e\u0301", "\u00e9", "tf"),
        (r".\/m", "m", "tf.json"),
        ("./a//m", "a/m", "tf"),
        (r"./\ud83d\ude00", "\U0001f600", "tf.json"),
        (r"./\ud83d\ude00", "\ufffd\ufffd", "tf"),
        (r"./\udc00m", "\ufffdm", "tf.json"),
    ],
)
def test_a_pipe_behind_a_source_with_escapes(tmp_path, source, name, ending):
    root = tmp_path / "root"
    (root / name).mkdir(parents=True)
    text = '{"module": {"m": {"source": "%s"}}}' if ending == "tf.json" else '# "\nmodule "m" {\n  source = "%s"\n}\n'
    (root / f"main.{ending}").write_text(text % source)
    WorkingDirectory(root).close()
    os.mkfifo(root / name / "z.tf")
    with pytest.raises(ScaleproofError, match=r"z\.tf cannot be read: it is not a file"):
        WorkingDirectory(root)


def test_an_absolute_source_is_looked_at_as_others_are(tmp_path):
    root, module = tmp_path / "root", tmp_path / "m"
    root.mkdir(), module.mkdir()
    (root / "main.tf").write_text(f'module "m" {{\n  source = "{module}"\n}}\n# "/dev/sda1" "/proc"')
    WorkingDirectory(root).close()
    os.mkfifo(module / "z.tf")
    with pytest.raises(ScaleproofError, match=r"z\.tf cannot be read: it is not a file"):
        WorkingDirectory(root)


def test_directories_that_name_each_other_are_looked_at_once(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "main.tf").write_text('module "m" {\n  source = "./m"\n}\n')
    (tmp_path / "m/main.tf").write_text('locals {\n  above = "../"\n}\n')
    WorkingDirectory(tmp_path).close()


def test_links_to_a_directory_from_inside_of_it_come_to_an_end(tmp_path):
    """Terraform follows sources of modules only, but what is one is not known before it runs."""
    for name in "ab":
        (tmp_path / name).symlink_to(".")
    (tmp_path / "main.tf").write_text('locals {\n  files = ["./a"]\n}\n')
    WorkingDirectory(tmp_path).close()
    (tmp_path / "main.tf").write_text('locals {\n  files = ["./a", "./b"]\n}\n')
    with pytest.raises(ScaleproofError, match=r"names more than 2,000 local directories\. Remove links"):
        WorkingDirectory(tmp_path)


@pytest.mark.parametrize("source", ["/proc/self/cwd/m", "/proc//1/root/m", "/dev/fd/3", f"{'../' * 9}proc/self"])
def test_a_source_that_is_another_directory_for_terraform_is_refused(tmp_path, source):
    (tmp_path / "main.tf").write_text(f'module "m" {{\n  source = "{source}"\n}}\n')
    with pytest.raises(ScaleproofError, match="which differs between processes"):
        WorkingDirectory(tmp_path)


@pytest.mark.parametrize("name", [".tool-versions", "mise.toml", "mise.local.toml", "aqua.yaml", "devbox.json"])
def test_no_version_manager_finds_a_file_above(tmp_path, name):
    root = tmp_path / ".repository" / "root"
    root.mkdir(parents=True)
    (root / "main.tf").touch()
    for directory in (tmp_path, root.parent, root):
        (directory / name).touch()
        (directory / "data").touch()
    with closing(WorkingDirectory(root)) as working:
        for directory in (working.path, *working.path.parents[:2]):
            assert (directory / "data").exists()
            assert not (directory / name).exists()


def test_a_cache_inside_the_configuration_is_no_loop(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "root"
    root.mkdir()
    (root / "main.tf").touch()
    (tmp_path / "data").touch()
    (tmp_path / "cache").mkdir()
    with closing(WorkingDirectory(root)) as working:
        assert [path.name for path in working.path.parent.iterdir() if path.is_symlink()] == ["data"]


def test_files_that_can_be_read_to_their_end(tmp_path):
    for name in (*COPIED, *OPENTOFU, ".hidden.tf", "x.tf~", "y.txt"):
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "pipe.tf")
    (tmp_path / "directory.tf").mkdir()
    (tmp_path / "gone.tf").symlink_to("nowhere")
    (tmp_path / "link.tf").symlink_to("main.tf")
    assert {path.name for path in files_in(tmp_path)} == {*COPIED[:2], *OPENTOFU, "link.tf"}
    assert [path.name for path in files_in(tmp_path, (".auto.tfvars",))] == [".auto.tfvars"]


@pytest.mark.parametrize("name", [".z.tf", ".z.tf.json", "z.auto.tfvars.gone", "z.tf~"])
@pytest.mark.parametrize("place", ["root", "root/m"])
def test_a_pipe_that_terraform_does_not_read_is_not_read_here_either(write, planned, name, place):
    module = 'variable "it" {\n  sensitive = true\n}\n'
    call = 'module "m" {\n  source = "acme/m"\n  it = { a = 1 }\n}\n'
    root = write(root__main=call, root__m__main=module)
    os.mkfifo(root.parent / place / name)
    planned(root, sources={"acme/m": root / "m"})
