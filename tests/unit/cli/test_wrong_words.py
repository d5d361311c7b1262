"""Wrong words of a command line end with 2 and a line that says what is wrong; stdout has only JSON."""

from pathlib import Path

import pytest

WRONG = r"""
frobnicate                                 | No such command 'frobnicate'
plan --frobnicate                          | No such option
plan no-such-directory                     | Directory 'no-such-directory' does not exist
plan --var x                               | 'x' is not of the form NAME=VALUE
plan --var =x                              | '=x' is not of the form NAME=VALUE
plan --var-file none.tfvars                | File 'none.tfvars' does not exist
up --port 70000                            | 70000 is not in the range

SIMULATE                                   | Missing option '--traffic'
SIMULATE --traffic tsunami                 | There is no traffic 'tsunami'
SIMULATE CALLS --start noon                | The start noon is not a time in ISO 8601
SIMULATE CALLS --start 2026-01-01T00:00:30Z | is no whole minute
SIMULATE CALLS --assume x=1                | There is no assumption 'x'
SIMULATE CALLS --price ml.g6.2xlarge=1     | There is no price for ml.g6e.2xlarge
SIMULATE CALLS --shortage ml.p5.48xlarge=1-2 | has instances of ml.p5.48xlarge: the shortage
SIMULATE CALLS --max-concurrency ml.p5.48xlarge=9 | ml.p5.48xlarge: the max-concurrency
SIMULATE CALLS --max-concurrency ml.g6.2xlarge=12 | ml.g6.2xlarge has two numbers
SIMULATE CALLS PRICES --price ml.p5.48xlarge=9 | ml.p5.48xlarge: the price would
SIMULATE CALLS --traffic step:top=9 | step:top=9: speech-realtime has diurnal:peak=60,days=0.5.
SIMULATE CALLS --endpoint nowhere          | There is no endpoint nowhere. Known endpoints: speech-async
SIMULATE CALLS --var a=b                   | --var and --var-file need a directory
SIMULATE CALLS --live localstack           | SOURCE and --live exclude each other
SIMULATE CALLS --live moon:us-east-1       | 'moon:us-east-1' is neither localstack nor aws, nor one of
SIMULATE CALLS --seed -1                   | -1 is not in the range
SIMULATE CALLS --workers 0                 | '0' is neither a number of processes, 1 or more,
SIMULATE CALLS --price a.csv --price aws   | --price names a.csv and aws. Use one source of prices.
SIMULATE CALLS --price ml.g6.2xlarge       | ml.g6.2xlarge cannot be read
SIMULATE CALLS --report no/such/place.html | cannot be written
SIMULATE --endpoint speech-async CALLS --traffic step:top=9 | No traffic is for
SIMULATE CALLS --max-cut-streams few | 'few' is not a limit for requests that scale-in cuts off. Write
simulate --live localstack CALLS           | There is no LocalStack.

COMPARE --rival oracle                     | 'oracle' is not one of
COMPARE --rival clairvoyant --rival none   | none and a rival exclude each other
COMPARE --change colour=2                  | 'colour' cannot be changed
COMPARE --vary most=9                      | --vary needs a directory to plan again
COMPARE --against no-such-plan.json        | does not exist
COMPARE --max-concurrency ml.p5.48xlarge=9 | ml.p5.48xlarge: the max-concurrency would
COMPARE --traffic step:top=9               | No endpoint takes the traffic step:top=9
COMPARE --max-cut-streams few | 'few' is not a limit for requests that scale-in cuts off. Write

SENT speech-async=constant:level=2,days=0.1 | An asynchronous endpoint does not stream. Send it to a real-
SENT speech-realtime=long.csv:work=stream  | Your streams last up to 50 min; SageMaker ends them after 30 min
SENT speech-realtime=constant:level=2,days=0.1,work=file | A real-time model has 1 min to answer; yours needs
SENT constant:level=2,seconds=3000         | SageMaker allows a stream request 1800 s, not seconds=3000.

simulate . CALLS --assume metric_delay=inf | metric_delay is a number of seconds, not inf.
simulate . --traffic none.csv              | none.csv cannot be read: No such file
simulate . CALLS --traffic speech=none.csv | none.csv cannot be read: No such file
simulate . --traffic speech=body.json:work=file | body.json
compare . --traffic speech=tsunami:top=3   | There is no traffic 'tsunami'
choose --all . --traffic speech=none.csv   | none.csv cannot be read: No such file
simulate . CALLS --price none.csv          | none.csv cannot be read: No such file
simulate . CALLS --price body.json         | There are no prices in body.json
simulate . CALLS --price ml.g6.2xlarge=0   | is not of the form TYPE=NUMBER with a number above 0
choose --all . CALLS --price none.csv      | none.csv cannot be read: No such file
simulate . CALLS --shortage ml.g6.2xlarge=9 | is not of the form TYPE=FROM-TO
compare . CALLS --change min=half          | 'min=half' is not of the form min=NUMBER.

measure speech --body body.json            | Missing option '--objective'
MEASURE --errors 1                         | 1.0 is not in the range 0<=x<1
MEASURE --max 0                            | 0 is not in the range
MEASURE --hold 0                           | 0.0 is not in the range
MEASURE --hold 400                         | --longest must be at least --hold, 400 s.
MEASURE --budget 20                        | --budget must be at least one hold, 25 s.
MEASURE --write pools.tf                   | 'pools.tf' does not end in .tfvars.
MEASURE --objective speed:p95=1            | begins with no measure
MEASURE --body none.json                   | 'none.json' does not exist
MEASURE --load streams                     | The audio is not a WAV file
MEASURE --rate 32000                       | are for --load streams
MEASURE SHORT --load streams --rate 0.5    | lasts 4.0 s, but a level lasts 2 s at first
MEASURE --dry-run --json                   | --json and --dry-run exclude each other
MEASURE                                    | There is no LocalStack.
SPEAK empty --rate 32000                   | A body is empty.
SPEAK empty                                | A body is empty.
SPEAK silence                              | The WAV file contains no audio.
"""
LIMITS = "--max-concurrency ml.g6.2xlarge=12 --max-concurrency ml.g6e.2xlarge=16"
WORDS = {
    "SIMULATE": f"simulate PLAN {LIMITS}",
    "COMPARE": f"compare PLAN {LIMITS} --traffic step:top=60,days=0.2",
    "SENT": f"simulate PLAN {LIMITS} --traffic",
    "CALLS": "--traffic diurnal:peak=60,days=0.5",
    "PRICES": "--price ml.g6.2xlarge=1 --price ml.g6e.2xlarge=2",
    "MEASURE": "measure speech --objective latency:p95=1 --body body.json",
    "SHORT": "--warm-up 0.5 --hold 2 --longest 4 --budget 60 --max 16",
    "SPEAK": "measure x --objective deepgram --load streams --body",
}
"""What stands for several words."""
SILENCE = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\0\0\0\0"
"""A WAV file without audio."""
LINES = [tuple(part.strip() for part in line.split("|")) for line in WRONG.splitlines() if line]
LINES += [(line.replace("SENT", "SENT_TO_COMPARE"), said) for line, said in LINES if line.startswith("SENT")]
WORDS["SENT_TO_COMPARE"] = f"compare PLAN {LIMITS} --traffic"


@pytest.mark.parametrize(("line", "said"), LINES, ids=[line for line, _ in LINES])
def test_it_is_refused_in_a_line(line, said, planned, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("body.json").write_text("{}")
    Path("long.csv").write_text("time,duration\n0,60\n10,3000\n")
    Path("empty").write_bytes(b"")
    Path("silence").write_bytes(SILENCE)
    words = " ".join(WORDS.get(word, word) for word in line.split()).split()
    ended = run(*(str(planned) if word == "PLAN" else word for word in words))
    assert (ended.code, bool(ended.out)) == (2, "--json" in words), ended.err
    assert said in " ".join(ended.err.split())
