"""Reads what stimtwin writes with the readers that others use: python check.py STIMTWIN.

One run is recorded in every format; all must hold the samples of the CSV file, at the same instants and in the same
units. Every shipped scenario, as JSON, must validate against the published schema, and mistaken ones must not.
"""

import copy
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import numpy
import pandas
import pyedflib
from mcap.reader import make_reader

ROOT = Path(__file__).resolve().parents[2]
STIMTWIN = sys.argv[1]

# The units that the names of the probes end in, as EDF has them, and the label of each in EDF.
EDF = {
    "left.force_n": ("L force", "N"),
    "right.unit_120.force_n": ("R unit 120 force", "N"),
    "left.E0.residual_uc": ("L E0 residual", "uC"),
    "left.E2.interface_v": ("L E2 interface", "V"),
    "right.capacity_fraction": ("R capacity", "fraction"),
    "left.pulses_count": ("L pulses", "count"),
    "device.battery_v": ("D battery_v", "V"),
}


def run(*arguments):
    done = subprocess.run([STIMTWIN, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stderr}"
    return done.stdout


def check_parquet(out, csv):
    table = pandas.read_parquet(out / "traces.parquet", engine="pyarrow")
    assert list(table.columns) == list(csv.columns), table.columns
    assert table["time_ns"].dtype == "int64" and not table.isnull().any().any()
    pandas.testing.assert_frame_equal(table, csv, check_exact=True)


def check_sto(out, csv):
    text = (out / "traces.sto").read_text()
    header, body = text.split("endheader\n")
    lines = header.splitlines()
    assert lines[0] == "traces"
    fields = dict(line.split("=") for line in lines[1:])
    assert fields == {"version": "1", "nRows": str(len(csv)), "nColumns": str(len(csv.columns)), "inDegrees": "no"}
    table = pandas.read_csv(io.StringIO(body), sep="\t")
    names = ["time"] + [name.replace(".", "_") for name in csv.columns[1:]]
    assert list(table.columns) == names, table.columns
    assert (numpy.rint(table["time"] * 1e9).astype("int64") == csv["time_ns"]).all()
    assert (table.iloc[:, 1:].to_numpy() == csv.iloc[:, 1:].to_numpy()).all()


def check_mcap(out, csv, summary, events):
    rows, told, trains = {}, [], []
    with open(out / "traces.mcap", "rb") as file:
        reader = make_reader(file)
        info = reader.get_summary()
        schemas = {schema.id: json.loads(schema.data) for schema in info.schemas.values()}
        validators = {id: jsonschema.Draft202012Validator(schema) for id, schema in schemas.items()}
        topics = {channel.topic: channel for channel in info.channels.values()}
        assert set(topics) == {"/left", "/right", "/device", "/events", "/trains"}, set(topics)
        assert all(channel.message_encoding == "json" for channel in topics.values())
        assert schemas[topics["/left"].schema_id]["properties"]["force_n"]["description"] == "N"
        for schema, channel, message in reader.iter_messages():
            value = json.loads(message.data)
            validators[schema.id].validate(value)
            if channel.topic == "/events":
                assert message.log_time == value["time_ns"]
                told.append(value)
            elif channel.topic == "/trains":
                trains.append((message.log_time, value))
            else:
                rows.setdefault(channel.topic[1:], []).append((message.log_time, value))
        metadata = {record.name: record.metadata for record in reader.iter_metadata()}
    assert metadata["stimtwin"] == {
        "program": summary["program"],
        "scenario": summary["scenario"],
        "seed": str(summary["seed"]),
        "digest": summary["digest"],
        "starts_at": "day 0 07:59:00",
    }, metadata
    assert told == events
    for name in csv.columns[1:]:
        topic, *keys = name.split(".")
        values = []
        for _, value in rows[topic]:
            for key in keys:
                value = value[key]
            values.append(value)
        assert [at for at, _ in rows[topic]] == csv["time_ns"].tolist(), topic
        assert values == csv[name].tolist(), name
    # Sessions begin with a train, and the first pulse of a train is where the counted pulses begin to rise.
    left = [(at, train) for at, train in trains if train["side"] == "left"]
    assert left[0][0] == 60_000_000_000 and left[1][0] == 90_000_000_000, left
    assert sum(train["pulses"] for _, train in left) == summary["left"]["pulses"]


def check_edf(out, csv, events):
    with pyedflib.EdfReader(str(out / "traces.edf")) as edf:
        assert edf.filetype == pyedflib.FILETYPE_EDFPLUS
        assert edf.getSignalLabels() == [EDF[name][0] for name in csv.columns[1:]], edf.getSignalLabels()
        # The run starts at 07:59 on day 0, the recording 30.5 s later: EDFlib counts the fraction in steps of 100 ns.
        # getStartdatetime() of this version takes them for steps of 1 us and a tenth of that, so only its seconds tell.
        start = edf.getStartdatetime().replace(microsecond=0)
        assert start.isoformat() == "2023-01-01T07:59:30", start.isoformat()
        assert edf.starttime_subsecond == 5_000_000, edf.starttime_subsecond
        assert edf.getEquipment().startswith("stimtwin"), edf.getEquipment()
        for i, name in enumerate(csv.columns[1:]):
            header = edf.getSignalHeader(i)
            assert header["dimension"] == EDF[name][1] and header["sample_frequency"] == 20, header
            assert header["transducer"] == name, header
            # The last data record is filled up with the last sample.
            values = edf.readSignal(i)
            assert len(values) == -(-len(csv) // 20) * 20, (len(values), len(csv))
            resolution = (header["physical_max"] - header["physical_min"]) / 65535
            wanted = numpy.concatenate([csv[name], numpy.full(len(values) - len(csv), csv[name].iloc[-1])])
            worst = numpy.abs(values - wanted).max()
            assert worst <= 0.5001 * resolution, (name, worst, resolution)
            span = csv[name].max() - csv[name].min()
            assert resolution <= max(span * 1.01, 1e-6, 1 if span == 0 else 0) / 65535 + 1e-9, (name, resolution)
        onsets, lasts, texts = edf.readAnnotations()
    found = list(zip(onsets.tolist(), [float(last) for last in lasts], texts.tolist()))
    within = [event for event in events if 30.5e9 <= event["time_ns"] <= 150e9]
    assert within
    for event in within:
        at = event["time_ns"] / 1e9 - 30.5
        match = [text for onset, _, text in found if abs(onset - at) < 1e-6 and text.split(":")[0] == event["event"]]
        assert match, (event, found)
    trains = [(onset, last) for onset, last, text in found if text.startswith("train: side left")]
    assert trains[0] == (29.5, 9.95), trains
    assert abs(trains[1][0] - 59.5) < 1e-6, trains
    end = [onset for onset, _, text in found if text == "last sample"]
    assert end == [119.5], end


def check_traces():
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        run("run", "tests/readers/formats.ron", "--out", str(out), "--quiet")
        names = sorted(path.name for path in out.iterdir())
        assert not [name for name in names if "partial" in name], names
        csv = pandas.read_csv(out / "traces.csv")
        assert len(csv) == 2391 and csv["time_ns"].iloc[0] == 30_500_000_000
        assert csv["left.force_n"].max() > 1
        summary = json.loads((out / "summary.json").read_text())
        events = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
        check_parquet(out, csv)
        check_sto(out, csv)
        check_mcap(out, csv, summary, events)
        check_edf(out, csv, events)


# A change of a valid scenario that makes it invalid, where the reader says so too.
MISTAKES = {
    "unknown field": lambda s: s.update(colour="red"),
    "misspelt field of a side": lambda s: s["program"]["both"].update(amplitude=1),
    "text for a number": lambda s: s["program"]["both"].update(amplitude_ma="1"),
    "number for a text": lambda s: s.update(name=5),
    "missing field": lambda s: s.pop("duration"),
    "wrong version": lambda s: s.update(version=2),
    "span without a unit": lambda s: s.update(duration="12"),
    "unknown unit": lambda s: s.update(duration="12 parsecs"),
    "time of day": lambda s: s.update(starts_at="25:00"),
    "wrong name": lambda s: s["program"].update(coordination="Togther"),
    "unknown command": lambda s: s["timeline"].append({"at": "1 s", "do": "StopAll"}),
    "command without its fields": lambda s: s["timeline"].append({"at": "1 s", "do": "SetAmplitude"}),
    "command with a wrong field": lambda s: s["timeline"].append(
        {"at": "1 s", "do": {"SetAmplitude": {"side": "Left", "amplitude_ma": 1, "colour": "red"}}}
    ),
    "two commands": lambda s: s["timeline"].append({"at": "1 s", "do": {"Reset": {}, "SetClock": {}}}),
    "out of range": lambda s: s.update(adherence=1.5),
    "wrong ending": lambda s: s["record"].append({"file": "t.xlsx", "every": "1 s", "probes": ["left.force_n"]}),
    "unknown probe": lambda s: s["record"].append({"file": "t.csv", "every": "1 s", "probes": ["left.force"]}),
    "unknown event": lambda s: s["expect"].append({"Never": {"event": "opencircuit"}}),
    "a list in the place of a struct": lambda s: s.update(program=[]),
}


def check_schema():
    schema = json.loads(run("schema"))
    assert schema == json.loads((ROOT / "docs/schema/scenario.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    scenarios = sorted((ROOT / "scenarios").rglob("*.ron"))
    assert len(scenarios) > 40, len(scenarios)
    for path in [*scenarios, ROOT / "docs/schema/every-field.ron", ROOT / "tests/readers/formats.ron"]:
        converted = json.loads(run("convert", str(path.relative_to(ROOT))))
        errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(converted)]
        assert not errors, (path, errors)
    base = json.loads(run("convert", "docs/schema/every-field.ron"))
    # The trace that it names stays where it is.
    base["expect"] = [entry for entry in base["expect"] if "SameAs" not in entry]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "well.json").write_text(json.dumps(base))
        run("check", str(Path(folder) / "well.json"))
        for what, spoil in MISTAKES.items():
            mistaken = copy.deepcopy(base)
            spoil(mistaken)
            assert not validator.is_valid(mistaken), f"the schema allows: {what}"
            file = Path(folder) / "mistaken.json"
            file.write_text(json.dumps(mistaken))
            done = subprocess.run([STIMTWIN, "check", str(file)], capture_output=True, text=True)
            assert done.returncode == 2 and "mistaken.json:" in done.stderr, (what, done.stderr)
    return len(scenarios)


if __name__ == "__main__":
    check_traces()
    print("traces: CSV, Parquet, MCAP, EDF+ and .sto hold the same samples, instants and units")
    print(f"schema: {check_schema()} scenarios validate as JSON, {len(MISTAKES)} mistakes do not")
