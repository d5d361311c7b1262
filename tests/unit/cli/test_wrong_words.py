"""Wrong words of a command line end with 2 and a line that says what is wrong, before anything is done or written."""

from pathlib import Path

import pytest

from scaleproof.cli.choose_proposal import Chooser

from .conftest import EXAMPLES, LIMITS, PRICES, TRACK60

WRONG = r"""
frobnicate                                 | No such command 'frobnicate'
simulat                                    | No such command 'simulat'. Did you mean simulate?
plan --frobnicate                          | No such option
plan no-such-directory                     | Directory 'no-such-directory' does not exist
plan --var-file none.tfvars                | File 'none.tfvars' does not exist
plan .                                     | has no Terraform configuration
plan REALTIME                              | error: No value for required variable
up --port 70000                            | 70000 is not in the range

SIMULATE                                   | Missing option '--traffic'. Write it as in --traffic diurnal:peak
SIMULATE --traffic constant:level=1,seconds=5s | is not a number, 0 or more. Write it without a unit, as in seconds=5.
SIMULATE --traffic tsunami                 | There is no traffic 'tsunami'
SIMULATE CALLS --start noon                | The start noon is not a time in ISO 8601
SIMULATE CALLS --start 2026-01-01T00:00:30Z | is no whole minute
SIMULATE CALLS --assume x=1                | There is no assumption 'x'. There are action_delay, average_of
SIMULATE CALLS --assume provision=1        | There is no assumption 'provision'. Did you mean provisioning?
SIMULATE CALLS --assume provisioning=5min  | is not a number. Write it without a unit, as in provisioning=60.
SIMULATE CALLS --price ml.g6.2xlarge=1     | There is no price for ml.g6e.2xlarge
SIMULATE CALLS NO_STOCK | At the start no instance of speech-realtime can be had: shortages of all its
SIMULATE CALLS --shortage ml.p5.48xlarge=1-2 | has instances of ml.p5.48xlarge: the shortage
SIMULATE CALLS --max-concurrency ml.p5.48xlarge=9 | ml.p5.48xlarge: the max-concurrency
SIMULATE CALLS --max-concurrency ml.g6.2xlarge=12 | ml.g6.2xlarge has two numbers
SIMULATE CALLS PRICES --price ml.p5.48xlarge=9 | ml.p5.48xlarge: the price would
SIMULATE CALLS --traffic step:top=9 | step:top=9: speech-realtime has diurnal:peak=60,days=0.5. Remove it: an endpoint
SIMULATE CALLS --endpoint nowhere          | There is no endpoint nowhere. Known endpoints: speech-async
SIMULATE CALLS --var a=b                   | --var and --var-file need a directory
SIMULATE CALLS --live localstack           | SOURCE and --live exclude each other
SIMULATE CALLS --live moon:us-east-1       | 'moon:us-east-1' is neither localstack nor aws, nor one of
SIMULATE CALLS --seed -1                   | -1 is not in the range
SIMULATE CALLS --workers 0                 | '0' is neither a number of processes, 1 or more,
SIMULATE CALLS --price a.csv --price aws   | --price names a.csv and aws. Use one source of prices.
SIMULATE CALLS --price ml.g6.2xlarge=1,22  | with a number above 0. As in ml.g6.2xlarge=1.22.
SIMULATE CALLS --price ml.g6.2xlarge       | ml.g6.2xlarge cannot be read
SIMULATE CALLS --report no/such/place.html | cannot be written
SIMULATE --endpoint speech-async CALLS --traffic step:top=9 | An asynchronous endpoint does not stream. Send it
SIMULATE CALLS --max-cut-streams few | 'few' is not a limit for requests that scale-in cuts off. Write
simulate --live localstack CALLS           | There is no LocalStack.

COMPARE NO_STOCK                           | such an endpoint is not created. Let one begin later, as in --shortage
COMPARE --rival oracle                     | 'oracle' is not one of
COMPARE --rival clairvoyant --rival none   | none and a rival exclude each other
COMPARE --change colour=2                  | 'colour' cannot be changed
COMPARE --max-concurrency ml.p5.48xlarge=9 | ml.p5.48xlarge: the max-concurrency would
COMPARE --traffic step:top=9               | No endpoint takes the traffic step:top=9
COMPARE --max-cut-streams few | 'few' is not a limit for requests that scale-in cuts off. Write

SENT speech-async=constant:level=2,days=0.1 | An asynchronous endpoint does not stream. Send it to a real-
SENT speech-realtime=long.csv:work=stream  | Your streams last up to 50 min; SageMaker ends them after 30 min
SENT speech-realtime=constant:level=2,days=0.1,work=file | A real-time model has 1 min to answer; yours needs
SENT constant:level=2,seconds=3000         | SageMaker allows a stream request 1800 s, not seconds=3000.

simulate . CALLS --assume metric_delay=inf | metric_delay is a number of seconds, not inf.
simulate . --traffic none.csv              | No such file or directory. Name a file that `scaleproof record` wrote, or
simulate . CALLS --traffic speech=none.csv | none.csv cannot be read: No such file
simulate . --traffic speech=body.json:work=file | body.json
compare . --traffic speech=tsunami:top=3   | There is no traffic 'tsunami'
simulate . CALLS --price none.csv          | none.csv cannot be read: No such file
simulate PLAN CALLS --price prices.csv | There is no price for ml.g6e.2xlarge.
simulate . CALLS --price body.json         | body.json: the header is {}. Write lines
simulate . CALLS --price ml.g6.2xlarge=0   | is not of the form TYPE=NUMBER with a number above 0
simulate . CALLS --markdown /dev/null      | /dev/null exists already and is not a report.
simulate . --report z --markdown z --traffic none.csv | z is what --report writes.
simulate . --report z --markdown ./z --traffic none.csv | z is what --report writes.
simulate . --report z --markdown recorded/../z --traffic none.csv | z is what --report writes.
simulate . CALLS --shortage ml.g6.2xlarge=13-8 | 'ml.g6.2xlarge=13-8' ends before it begins. As in ml.g6
simulate . CALLS --shortage ml.g6.2xlarge=9 | is not of the form TYPE=FROM-TO
compare . CALLS --change min=half          | 'min=half' is not of the form min=NUMBER.

measure speech --objective latency:p95=1   | Missing option '--body'. Write it as in --body request.json.
measure speech --body body.json            | Missing option '--objective'. Write it as in --objective latency:p95=0.4.
MEASURE --errors 1                         | 1.0 is not in the range 0<=x<1
MEASURE --max 0                            | 0 is not in the range
MEASURE --hold 0                           | 0.0 is not in the range
MEASURE --hold 400                         | --longest must be at least --hold, 400 s.
MEASURE --budget 20                        | --budget must be at least one hold, 25 s.
MEASURE --output pools.tf                  | 'pools.tf' does not end in .tfvars.
MEASURE --output there.tfvars              | there.tfvars exists already
MEASURE --objective speed:p95=1            | begins with no measure
MEASURE --objective deepgram --dry-run     | --load requests has no lag: choose an objective of latency.
MEASURE --objective first_chunk:p95=1      | --load requests has no first_chunk: choose an objective of latency.
MEASURE --objective lag:mean=1 --load response-streams | has no lag: choose an objective of latency or first_chunk.
MEASURE --body none.json                   | 'none.json' does not exist
MEASURE --load streams                     | The audio is not a WAV file
MEASURE --rate 32000                       | are for --load streams
MEASURE SHORT --load streams --rate 0.5    | lasts 4.0 s, but a level lasts 2 s at first
MEASURE --dry-run --json                   | --json and --dry-run exclude each other
MEASURE                                    | There is no LocalStack.
SPEAK empty --rate 32000                   | empty is empty.
SPEAK empty                                | empty is empty.
SPEAK silence --body empty --rate 32000    | empty is empty.
SPEAK silence                              | The WAV file contains no audio.

audit                                      | Name an ENDPOINT, or a capture with --from.
audit speech                               | There is no LocalStack.
audit speech --assume cooldown=3           | There is no assumption 'cooldown'.
audit speech --assume provisioning         | is not of the form NAME=VALUE
audit speech --assume provisioning=3       | An audit does not use provisioning
audit speech --capture TRACK60             | exists already
audit other --from TRACK60                 | --from and ENDPOINT exclude each other: a capture names its endpoint.
audit --from TRACK60 --capture new.json    | --capture and --from exclude each other
audit --from TRACK60 --hours 0             | is not in the range
audit --from TRACK60 --instances 2         | --from and --instances exclude each other: a capture has its own member
audit --from TRACK60 --report no/such/page.html | there is no directory

record speech --output body.json           | body.json exists already. Name a new file, or remove it.
RECORD --from 2026-03-02T08:00 --to 2026-03-02T07:00 | :00:00+00:00 is not before the end, 2026-03-02T07:00:00+00:00.
RECORD --from 2098-01-01                   | --from 2098-01-01T00:00:00+00:00 is not before the end, 20
RECORD --from 2019-01-01                   | is more than 455 days ago
RECORD --from yesterday                    | 'yesterday' is not a time in ISO 8601. Write it as 2026-03-02T08:00+01:00.
RECORD --to 2098-01-01                     | --to 2098-01-01T00:00:00+00:00 is in the future
RECORD --max-concurrency 12                | '12' is not of the form TYPE=NUMBER

choose POOLS                               | Missing option '--traffic'
choose STEP                                | Name one to five different instance types with --pool
choose POOLS STEP --traffic constant:level=3 | Use --traffic exactly once
choose POOLS STEP --pool ml.g6.2xlarge=3   | ml.g6.2xlarge has two numbers
choose POOLS STEP --pool ml.g4dn.2xlarge=0.5 | must sustain at least one request
choose STEP --pool g6.2xlarge=12           | 'g6.2xlarge' is no instance type of SageMaker. Write it as in ml.g6.
choose POOLS STEP --pool ml.g4dn.2xlarge   | 'ml.g4dn.2xlarge' is not of the form TYPE=NUMBER
choose POOLS STEP --price ml.g6.2xlarge=1  | There is no price for ml.g5.2xlarge
choose POOLS STEP PRICES --price ml.g5.2xlarge=2 | No endpoint has instances of ml.g6e.2xlarge: the price would
choose POOLS STEP --within soon            | 'soon' is not a number of seconds, now or whenever
choose POOLS STEP --timezone Berlin        | There is no time zone 'Berlin'
choose POOLS STEP --timezone Factory       | 'Factory' is not UTC or of the form AREA/CITY
choose POOLS STEP --module .               | The module is not in
choose POOLS STEP --output my_model.tf     | named 'my_model', after my_model.tf; a name has 1 to 45 letters
choose POOLS STEP --output no/such/place.tf | cannot be written: there is no directory no/such
choose POOLS STEP --output /dev/null       | /dev/null exists already
choose POOLS STEP --report /dev/null       | /dev/null exists already and is not a report.
choose STEP --pool ml.g6.2xlarge=0.5        | must sustain at least one request
choose POOLS STEP --output MODULE_FILE      | would be part of the module
"""
NO = """
choose STEP --pool ml.g6.2xlarge=4 --longest 2000 | Your streams last up to 33 min 20 s; SageMaker
choose BATCHES --pool ml.g6.2xlarge=4 --largest 2000 | An asynchronous request has up to 1 GB, not 2000 MB
"""
"""Right words, for what no endpoint does: they end with 1."""
LIMITED = " ".join(LIMITS)
WORDS = {
    "SIMULATE": f"simulate PLAN {LIMITED}",
    "COMPARE": f"compare PLAN {LIMITED} --traffic step:top=60,days=0.2",
    "SENT": f"simulate PLAN {LIMITED} --traffic",
    "SENT_TO_COMPARE": f"compare PLAN {LIMITED} --traffic",
    "CALLS": "--traffic diurnal:peak=60,days=0.5",
    "NO_STOCK": "--shortage ml.g6.2xlarge=0-1 --shortage ml.g6e.2xlarge=0-1",
    "PRICES": "--price ml.g6.2xlarge=1 --price ml.g6e.2xlarge=2",
    "MEASURE": "measure speech --objective latency:p95=1 --body body.json",
    "SHORT": "--warm-up 0.5 --hold 2 --longest 4 --budget 60 --max 16",
    "SPEAK": "measure x --objective deepgram --load streams --body",
    "RECORD": "record speech --output new.csv",
    "POOLS": "--pool ml.g6.2xlarge=12 --pool ml.g5.2xlarge=10",
    "STEP": "--traffic step:top=16,base=4,after=0.5,days=0.06,seconds=60",
    "BATCHES": "--traffic batches:files=2,per_day=20,days=0.03",
    "INFRA": "USER_CI --var-file USER_CI/production.tfvars",
    "COPY": "--source github.com/your-organisation/terraform-aws-sagemaker-autoscaling=CHECKOUT",
}
"""What stands for several words."""
PATHS = {
    "TRACK60": str(TRACK60),
    "REALTIME": str(EXAMPLES / "realtime"),
    "MODULE_FILE": str(EXAMPLES.parent / "modules" / "x.tf"),
}
ROOTS = {"CHECKOUT": str(EXAMPLES.parent), "USER_CI": str(EXAMPLES / "user-ci" / "infra")}
"""What stands within a word, too."""
FILES = {
    "body.json": b"{}",
    "long.csv": b"time,duration\n0,60\n10,3000\n",
    "~calls.csv": b"time,duration\n0,60\n",
    "empty": b"",
    "silence": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data" + bytes(4),
    "prices.csv": PRICES.replace("ml.g6e.2xlarge", "ml.m5.large").encode(),
    "there.tfvars": b"mine",
    "recorded/speech-realtime.csv": b"time,duration\n0,200\n",
    "recorded/speech-async.csv": b"# work: file\ntime,duration\n60,90\n",
    "recorded/other.csv": b"not traffic",
}
LINES = [
    (code, *(part.strip() for part in line.split("|")))
    for code, table in ((2, WRONG), (1, NO))
    for line in table.splitlines()
    if line
]
LINES += [(2, line.replace("SENT", "SENT_TO_COMPARE"), said) for _, line, said in LINES if line.startswith("SENT")]


@pytest.mark.parametrize(("code", "line", "said"), LINES, ids=[line for _, line, _ in LINES])
def test_it_is_refused_in_a_line(code, line, said, planned, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Chooser, "propose", lambda *_given: pytest.fail("something was chosen"))
    for name, content in FILES.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(content)
    words = " ".join(WORDS.get(word, word) for word in line.split())
    parts = [PATHS.get(word, str(planned) if word == "PLAN" else word) for word in words.split()]
    for name, path in ROOTS.items():
        parts = [part.replace(name, path) for part in parts]
    ended = run(*parts, code=code, says=said)
    assert "Trying" not in ended.err
    assert bool(ended.out) == ("--json" in words)
    files = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*") if path.is_file()}
    assert {name: files.get(name, tmp_path / "gone").read_bytes() for name in FILES} == FILES
    assert [name for name in files.keys() - FILES if not name.startswith("cache of mine/")] == []
