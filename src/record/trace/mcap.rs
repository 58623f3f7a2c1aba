//! A trace as MCAP: messages in JSON, with a JSON Schema for each channel, so that Foxglove plots them with no plug-in.
//!
//! A channel for each side and for the device, named so that the path of a value in Foxglove is the name of its probe
//! behind a slash: `/left.force_n`. `/events` has the lines of `events.jsonl`, `/trains` the trains of pulses. Times
//! are nanoseconds since the start of the scenario. Nothing is compressed: the compressions of MCAP need C.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{BufWriter, Write};

use ::mcap::records::{MessageHeader, Metadata};
use ::mcap::{WriteOptions, Writer};
use serde_json::{Map, Value, json};

use crate::record::events::{Event, EventLine};
use crate::record::probe::Recording;
use crate::record::recorder::Rows;
use crate::record::trace::{About, Trace, TraceError, unit_of};
use crate::record::trains::Train;
use crate::time::{DayClock, SimTime};

/// Messages of one kind.
struct Channel {
    id: u16,
    sent: u32,
}

/// The messages of a side or of the device: pieces of JSON, each with the column whose value comes behind it.
struct Sampled {
    channel: Channel,
    pieces: Vec<(String, usize)>,
    end: String,
}

/// An MCAP file while it is written.
pub struct McapTrace {
    writer: Writer<BufWriter<File>>,
    samples: Vec<Sampled>,
    events: Channel,
    trains: Channel,
    /// What happened since the last samples, in the order of time: whether it is a train, and the message.
    heard: VecDeque<(SimTime, bool, Vec<u8>)>,
}

impl McapTrace {
    /// Begins the file.
    pub fn new(file: File, recording: &Recording) -> Result<Self, TraceError> {
        let library = concat!("stimtwin ", env!("CARGO_PKG_VERSION"));
        let mut writer = WriteOptions::new().library(library).create(BufWriter::new(file))?;
        let mut topics: Vec<&str> = Vec::new();
        for probe in &recording.probes {
            let (topic, _) = split(&probe.name);
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        let mut samples = Vec::new();
        for topic in topics {
            let (pieces, end, schema) = message_of(topic, recording);
            samples.push(Sampled { channel: channel(&mut writer, topic, &schema)?, pieces, end });
        }
        let text = json!({"type": "string"});
        let events = json!({"type": "object", "title": "event", "properties": {
            "time_ns": {"type": "integer", "description": "instant, ns since the start of the scenario"},
            "clock": {"type": "string", "description": "day and time of day"},
            "event": {"type": "string", "description": "what happened; the further keys depend on it"},
            "side": text,
        }, "required": ["time_ns", "clock", "event"]});
        let trains = json!({"type": "object", "title": "train", "properties": {
            "side": text,
            "duration_s": {"type": "number", "description": "from the first pulse to the last, s"},
            "pulses": {"type": "integer"},
        }, "required": ["side", "duration_s", "pulses"]});
        let events = channel(&mut writer, "events", &events)?;
        let trains = channel(&mut writer, "trains", &trains)?;
        Ok(Self { writer, samples, events, trains, heard: VecDeque::new() })
    }

    /// Writes what happened up to an instant.
    fn tell(&mut self, until: SimTime) -> Result<(), TraceError> {
        while let Some((at, is_train, message)) = self.heard.pop_front_if(|(at, ..)| *at <= until) {
            let channel = if is_train { &mut self.trains } else { &mut self.events };
            send(&mut self.writer, channel, at, &message)?;
        }
        Ok(())
    }
}

impl Trace for McapTrace {
    fn append(&mut self, rows: &Rows) -> Result<(), TraceError> {
        let (mut message, mut number) = (Vec::new(), ryu::Buffer::new());
        for (i, &at) in rows.times.iter().enumerate() {
            self.tell(at)?;
            for Sampled { channel, pieces, end } in &mut self.samples {
                message.clear();
                for (before, column) in &*pieces {
                    message.extend_from_slice(before.as_bytes());
                    let value = rows.columns[*column][i];
                    let text = if value.is_finite() { number.format_finite(value) } else { "null" };
                    message.extend_from_slice(text.as_bytes());
                }
                message.extend_from_slice(end.as_bytes());
                send(&mut self.writer, channel, at, &message)?;
            }
        }
        Ok(())
    }

    fn hear(&mut self, events: &[Event], trains: &[Train], clock: DayClock) -> Result<(), TraceError> {
        // What is left from before comes before all samples that are still to come.
        self.tell(SimTime::from_nanos(i64::MAX))?;
        for event in events {
            self.heard.push_back((event.at, false, EventLine::new(event, clock).json().into_bytes()));
        }
        for train in trains {
            let duration_s = (train.last - train.first).as_secs();
            let message = json!({"side": train.side.name(), "duration_s": duration_s, "pulses": train.pulses});
            self.heard.push_back((train.first, true, message.to_string().into_bytes()));
        }
        self.heard.make_contiguous().sort_by_key(|(at, ..)| *at);
        Ok(())
    }

    fn finish(mut self: Box<Self>, about: &About) -> Result<(), TraceError> {
        self.tell(SimTime::from_nanos(i64::MAX))?;
        let About { program, scenario, seed, digest, clock } = about;
        let entries = [
            ("program", program.clone()),
            ("scenario", scenario.clone()),
            ("seed", seed.to_string()),
            ("digest", digest.clone()),
            ("starts_at", clock.show(SimTime::ZERO)),
        ];
        let metadata: BTreeMap<String, String> = entries.map(|(key, value)| (key.to_string(), value)).into();
        self.writer.write_metadata(&Metadata { name: "stimtwin".to_string(), metadata })?;
        self.writer.finish()?;
        Ok(self.writer.into_inner().flush()?)
    }
}

/// The topic of a probe, and its place in the messages.
fn split(probe: &str) -> (&str, &str) {
    probe.split_once('.').expect("a probe's name has a dot")
}

fn channel(writer: &mut Writer<BufWriter<File>>, topic: &str, schema: &Value) -> Result<Channel, TraceError> {
    let schema = writer.add_schema(&format!("stimtwin.{topic}"), "jsonschema", schema.to_string().as_bytes())?;
    Ok(Channel { id: writer.add_channel(schema, &format!("/{topic}"), "json", &BTreeMap::new())?, sent: 0 })
}

fn send(
    writer: &mut Writer<BufWriter<File>>,
    channel: &mut Channel,
    at: SimTime,
    message: &[u8],
) -> Result<(), TraceError> {
    let time = at.nanos().unsigned_abs();
    let header = MessageHeader { channel_id: channel.id, sequence: channel.sent, log_time: time, publish_time: time };
    channel.sent = channel.sent.wrapping_add(1);
    Ok(writer.write_to_known_channel(&header, message)?)
}

/// The messages of a topic: the pieces of JSON with their columns, what comes behind the last, and their schema.
fn message_of(topic: &str, recording: &Recording) -> (Vec<(String, usize)>, String, Value) {
    // Values by what they belong to: nothing, a contact or a motor unit.
    let mut groups: Vec<(&str, Vec<(&str, usize)>)> = Vec::new();
    for (column, probe) in recording.probes.iter().enumerate() {
        let (of, place) = split(&probe.name);
        if of != topic {
            continue;
        }
        let (group, value) = place.split_once('.').unwrap_or(("", place));
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, values)) => values.push((value, column)),
            None => groups.push((group, vec![(value, column)])),
        }
    }
    let (mut pieces, mut properties, mut text) = (Vec::new(), Map::new(), "{".to_string());
    for (g, (group, values)) in groups.iter().enumerate() {
        text += if g > 0 { "," } else { "" };
        if !group.is_empty() {
            text += &format!("\"{group}\":{{");
        }
        let mut inner = Map::new();
        for (v, (value, column)) in values.iter().enumerate() {
            let comma = if v > 0 { "," } else { "" };
            pieces.push((format!("{text}{comma}\"{value}\":"), *column));
            text.clear();
            inner.insert(value.to_string(), json!({"type": "number", "description": unit_of(value).1}));
        }
        if group.is_empty() {
            properties.append(&mut inner);
        } else {
            properties.insert(group.to_string(), json!({"type": "object", "properties": inner}));
            text += "}";
        }
    }
    (pieces, text + "}", json!({"type": "object", "title": topic, "properties": properties}))
}
