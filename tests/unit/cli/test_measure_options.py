"""`scaleproof measure` without a cloud: options, what it prints and what it writes, in virtual time."""

import wave
from types import SimpleNamespace

import pytest

from benchmarks.sustained import Instance
from scaleproof.cli import measure as module
from scaleproof.emulator.engine.container import Container
from scaleproof.errors import FailedError
from scaleproof.measuring.load.job import Body, CallKind, Calls, Service
from scaleproof.measuring.subject import Subject
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool

G6 = "ml.g6.2xlarge"
POOLS = (Pool(G6, 1), Pool("ml.g6e.2xlarge", 2))
SHORT = ("--warm-up", "0.5", "--hold", "2", "--longest", "4", "--budget", "60", "--max", "16")


@pytest.fixture
def body(tmp_path):
    file = tmp_path / "body.json"
    file.write_text("{}")
    return file


class Measured:
    """The command for an instance that takes 0.3 s, and longer from five requests on."""

    def __init__(self, run, body, monkeypatch):
        self.run, self.body = run, body
        self.load = Instance(Container(answer=0.3, sharing=4, slots=9), 1)
        self.asked = self.sent = None
        cloud = SimpleNamespace(
            client=None,
            region="us-east-1",
            connection=SimpleNamespace(endpoint_url="http://127.0.0.1:1", region="us-east-1", account="111122223333"),
        )
        subject = Subject(Endpoint("speech", "AllTraffic", Kind.REALTIME, POOLS, 1, None), G6)
        for name, value in (
            ("find_subject", lambda *_: subject),
            ("other_traffic", lambda *_: "speech has other traffic."),
            ("Generator", self.generator),
        ):
            monkeypatch.setattr(module, name, value)
        monkeypatch.setattr(module.clouds, "reached", lambda *_: cloud)

    def generator(self, calls, service, credentials, processes):
        self.asked, self.sent = (calls, service, processes), calls
        assert credentials().access_key == "111122223333"
        measured = self

        class Generator:
            def __enter__(self):
                return measured.load

            def __exit__(self, *_):
                measured.asked = None

            def hold(self, concurrency, seconds):
                assert measured.asked
                return measured.load.hold(concurrency, seconds)

        return Generator()

    def __call__(self, *words, objective="latency:mean=0.4", **ends):
        return self.run("measure", "speech", "--objective", objective, "--body", self.body, *words, **ends)


@pytest.fixture
def measured(run, body, monkeypatch):
    return Measured(run, body, monkeypatch)


def test_the_screen(measured):
    ran = measured()
    assert "One instance sustains 5 in flight (without doubt: 5)." in ran.out
    assert f'{{ instance_type = "{G6}", max_concurrency = 5 }},' in ran.out
    assert "mean latency at most 0.4 s, at most 1 % of the requests fail" in ran.out
    assert "4 in flight: holds (0.3" in ran.err
    assert "8 in flight: fails (0.6" in ran.err
    assert "speech has other traffic." in ran.err


def test_the_document_and_the_files(measured, tmp_path):
    target, page = tmp_path / "pools.tfvars", tmp_path / "report.html"
    found = measured("--output", target, "--report", page, "--json").document
    assert (found["max_concurrency"], found["answer"], found["endpoint"]) == (5, "found", "speech")
    assert found["objective"] == {"measure": "latency", "statistic": "mean", "limit": 0.4, "errors": 0.01}
    assert (found["instance_type"], found["low"], found["high"]) == (G6, 5, 5)
    pools = (
        "instance_pools = [\n"
        f'  {{ instance_type = "{G6}", max_concurrency = 5 }},\n'
        '  # Not measured: { instance_type = "ml.g6e.2xlarge", max_concurrency = ? },\n'
        "]\n"
    )
    assert found["instance_pools"] == target.read_text() == pools
    assert (found["output"], found["report"]) == (str(target), str(page))
    assert "One instance sustains 5 in flight" in page.read_text()
    assert "scaleproof measure speech" in page.read_text()
    assert measured.load.requested[:4] == [1, 2, 4, 8]


def test_an_answer_of_no(measured, tmp_path):
    target = tmp_path / "pools.tfvars"
    found = measured("--output", target, "--json", objective="latency:mean=0.2", code=1).document
    assert (found["answer"], found["instance_pools"], found["output"]) == ("never", None, None)
    assert not target.exists()
    assert "The budget was used up after 1 min: 2 in flight held" in measured("--budget", "60", code=1).out
    measured("--max", "2")
    measured("--max", "8")


def test_a_dry_run_says_what_would_be_done(measured):
    ran = measured("--dry-run", *SHORT[:6])
    for said in (
        "speech has other traffic.",
        f"speech has one instance of {G6} in service.",
        "Levels: 1, 2, 4, ... requests in flight until one fails or 1000 hold, then those between. "
        "Each is held for 2.5 s first, and is judged for 4 s at most.",
        "It sends load for 1 h at most, and waits up to 1 min 30 s after each level for its last answers. "
        "The levels decide how many requests are sent: with 100 in flight "
        "625 in 2.5 s, if each takes as long as the objective allows.",
    ):
        assert said in ran.out, ran.out
    assert measured.load.requested == []


def test_the_shortest_measurement(measured, monkeypatch):
    """A budget of one hold, which is as long as the longest, and as the audio of two bytes."""
    shortest = ("--warm-up", "0.5", "--hold", "2", "--longest", "2", "--budget", "2.5", "--dry-run")
    measured(*shortest)
    served_streams(monkeypatch)
    measured(*shortest, "--load", "streams", "--rate", "1")


def test_what_is_sent_and_where(measured, monkeypatch, tmp_path):
    seen = []
    made = measured.generator

    def generator(calls, service, credentials, processes):
        seen.append((calls, service, processes))
        return made(calls, service, credentials, processes)

    monkeypatch.setattr(module, "Generator", generator)
    measured("--processes", "3", "--content-type", "text/plain")
    local = Service("us-east-1", "http://127.0.0.1:1", local=True)
    calls = Calls(CallKind.REQUESTS, "speech", (Body(b"{}", measured.body),), "text/plain")
    assert seen.pop() == (calls, local, 3)
    measured("--load", "response-streams", "--dry-run", "--processes", "3")
    assert seen[-1][0].kind is CallKind.RESPONSE_STREAMS
    assert seen.pop()[2] == 1
    audio = made_wav(tmp_path / "speech.wav", 8_000, 1)
    served_streams(monkeypatch)
    ran = measured("--load", "streams", "--path", "v1/listen", "--query", "a=b", "--last-part", "x",
                   "--body", audio, "--dry-run", "--rate", "1")  # fmt: skip
    assert "one after the other, as long as its audio is" in ran.out
    assert seen.pop() == (
        Calls(
            CallKind.STREAMS, "speech",
            (Body(b"{}", measured.body, 1.0), Body(audio.read_bytes(), audio, 16_000.0)),
            rate=1.0, last_part="x", path="v1/listen", query="a=b",
        ),
        Service("us-east-1", "https://127.0.0.1:2", local=True, ca="ca.pem"),
        1,
    )  # fmt: skip


def made_wav(path, rate, channels):
    """A file of a second of silence with 16 bits a sample."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(2 * rate * channels))
    return path


def served_streams(monkeypatch):
    served = SimpleNamespace(endpoint_url="https://127.0.0.1:2", ca_bundle="ca.pem")
    monkeypatch.setattr(module.control, "streams", lambda _: served)


def test_each_file_has_its_own_rate(measured, monkeypatch, tmp_path):
    served_streams(monkeypatch)
    measured.body = made_wav(tmp_path / "a.wav", 8_000, 1)
    studio, raw = made_wav(tmp_path / "b.wav", 48_000, 2), tmp_path / "c.raw"
    dry = ("--load", "streams", "--dry-run", "--body", studio)
    assert "with 100 in flight 599 in 6 s, " in measured(*dry, "--warm-up", "1", "--hold", "5").out
    assert [round(body.seconds, 2) for body in measured.sent.bodies] == [1.0, 1.0]
    raw.write_bytes(bytes(4_000))
    measured(*dry, "--body", raw, code=2, says=f"{raw}: The audio is not a WAV file, so its rate is not known. Set")
    measured(*dry, "--body", raw, "--rate", "100", "--hold", "39.9", "--longest", "40", code=2,
             says=f"The audio of {raw} lasts 40.0 s, but a level lasts 39.9 s at first")  # fmt: skip
    ran = measured(*dry, "--body", raw, "--rate", "100", "--warm-up", "2", "--hold", "40", "--longest", "40")
    assert [round(body.seconds, 2) for body in measured.sent.bodies] == [1.0, 1.0, 40.0]
    assert "with 100 in flight 300 in 42 s, " in ran.out  # 14 s on average


def test_where_calls_to_aws_go(monkeypatch):
    client = SimpleNamespace(meta=SimpleNamespace(endpoint_url="https://runtime.example"))
    session = SimpleNamespace(
        get_credentials=lambda: SimpleNamespace(
            get_frozen_credentials=lambda: SimpleNamespace(access_key="a", secret_key="b", token="c")
        )
    )
    cloud = SimpleNamespace(connection=None, region="eu-west-1", client=lambda _: client, session=session)
    assert module._service(CallKind.REQUESTS, cloud) == Service("eu-west-1", "https://runtime.example")
    assert module._service(CallKind.STREAMS, cloud) == Service("eu-west-1", "https://runtime.example:8443")
    assert vars(module._credentials(cloud)) == {"access_key": "a", "secret_key": "b", "token": "c"}
    session.get_credentials = lambda: None
    with pytest.raises(FailedError, match="There are no credentials for AWS any more"):
        module._credentials(cloud)
