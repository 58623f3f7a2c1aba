//! The device's event log: a circular memory of its real size, in the device's own bytes.
//!
//! OpenNerve writes lines of text into 128 KB of FRAM (devices.md §1.1 and §1.10, `app_func_logs.c`). A line that would
//! not fit before the end goes to address 0, and nothing says that older lines are gone. A run keeps what the device
//! would keep and no more; what the device forgot stands only in our own events.

use std::collections::BTreeMap;

use serde::Serialize;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::device::clock::{CENTURY_DAYS, date, day_and_time};
use crate::record::digest::StateWriter;
use crate::time::{NANOS_PER_SEC, SimTime, show_time_of_day};

/// The size of OpenNerve's log, bytes (devices.md §1.10).
pub const OPENNERVE_BYTES: usize = 131_072;

/// The longest line of [`LogFormat::Lines`], bytes; longer text is cut. Ours.
const LONGEST_LINE: usize = 128;

/// In which form a device writes its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// OpenNerve's (devices.md §1.10): `[20YY-MM-DDThh:mm:ssZ(uuu)]<TT>data\r\n`. The sub-second register of its clock
    /// counts down from 255 to 0 within a second, and uuu is 255 less that register: the 256ths of the second that have
    /// gone, 000 to 255. A NUL is written after the line, where the next line begins: a new line also takes the first
    /// byte of an old one that follows it (`app_func_logs.c`, read in a version of unknown commit).
    OpenNerve,
    /// Ours, for devices whose form is not published: `YYYY-MM-DD hh:mm:ss.mmm CODE text\n`, no byte after it.
    Lines,
}

macro_rules! codes {
    ($($name:ident $text:literal $meaning:literal)*) => {
        /// An event of the log (devices.md §1.10).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub enum Code { $(#[doc = $meaning] #[serde(rename = $text)] $name,)* }

        impl Code {
            /// The code as written, two or three letters.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    PowerOn "PO" "Power on."
    ElectiveReplacement "ER" "The battery calls for replacement or charge."
    EndOfService "EOS" "The battery is at its end of service."
    UnresponsiveFunction "UF" "A watchdog reset, logged at the next boot."
    Magnet "MD" "The magnet was there for as long as a reset of the credentials takes."
    ShortCircuit "SC" "A short circuit between contacts."
    HighImpedance "HI" "High impedance."
    NormalImpedance "NI" "Impedance is normal again."
    AmplitudeLowered "LSA" "The amplitude was lowered to the safe one."
    StimulationStart "SS" "Stimulation starts."
    StimulationStop "SE" "Stimulation stops."
    RadioConnected "BC" "The radio is connected."
    RadioDisconnected "BD" "The radio is disconnected."
    Sleep "SL" "Goes to sleep; OpenNerve defines it and no longer writes it."
    Wake "WK" "Wakes up."
    ShutDown "SD" "Shuts down."
    OpenCircuit "OC" "An open circuit; OpenNerve defines it and never writes it."
}

/// What a line of the log says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// An event, `<EV>`.
    Event {
        /// Which.
        code: Code,
        /// More about it, for [`LogFormat::Lines`] alone; OpenNerve has no room for it.
        #[serde(skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// The cells' voltages, `<BA>`. OpenNerve cuts whole millivolts to tenths of a volt and shows no tens.
    Battery {
        /// Cell A, V, 0 to 9.9.
        a_v: f64,
        /// Cell B, V, 0 to 9.9.
        b_v: f64,
    },
    /// An impedance, `<IM>`. OpenNerve shows its last seven digits.
    Impedance {
        /// Ω, at least 0; an open circuit may be infinite.
        ohm: f64,
    },
    /// A parameter was set, `<PA>`. OpenNerve holds ten times the value in 16 bits, so it wraps above 6553.5.
    Parameter {
        /// Its name, four characters such as `SP02` (devices.md §1.2).
        id: String,
        /// The new value, in the parameter's unit, at least 0.
        value: f64,
    },
}

impl Entry {
    /// An event that needs no words.
    pub fn event(code: Code) -> Self {
        Self::Event { code, text: String::new() }
    }
}

/// An entry that the log still holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// When it was written, truly.
    pub true_at: SimTime,
    /// When it was written by the device's clock.
    pub stamp: SimTime,
    /// What it says.
    pub entry: Entry,
}

/// A line of the log for a file of JSON lines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogLine<'a> {
    /// When it was written, truly: nanoseconds since the start.
    pub time_ns: i64,
    /// What the device's clock showed, as the log spells it.
    pub device_clock: String,
    /// What it says.
    #[serde(flatten)]
    pub entry: &'a Entry,
}

/// Where an entry lies; its address is its key.
#[derive(Clone, Debug, PartialEq)]
struct Slot {
    /// The first address after its line.
    end: usize,
    /// How many entries were written before it.
    sequence: u64,
    /// No byte of it has been overwritten.
    whole: bool,
    logged: Logged,
}

/// A circular log that survives every reset.
#[derive(Clone, Debug, PartialEq)]
pub struct EventMemory {
    format: LogFormat,
    capacity: usize,
    /// The date of the device's day 0, days since 1 January 2000.
    epoch: i64,
    /// Up to the highest address ever written; beyond it all bytes are zero.
    bytes: Vec<u8>,
    /// By address: the entries that are whole, and events of which at least the code is left.
    slots: BTreeMap<usize, Slot>,
    pointer: usize,
    stuck: bool,
    written: u64,
    overwritten: u64,
    refused: u64,
    /// A hash of what was written since the last erasure: the content in eight bytes.
    hash: u64,
}

impl EventMemory {
    /// An empty log of `capacity` bytes, at least 512. Its device's day 0 is day `epoch`, days since 1 January 2000,
    /// from 0 to 36 524; [`OPENNERVE_EPOCH`](crate::device::clock::OPENNERVE_EPOCH) for a clock that was never set.
    pub fn new(format: LogFormat, capacity: usize, epoch: i64) -> Self {
        assert!(capacity >= 512 && (0..CENTURY_DAYS).contains(&epoch));
        Self {
            format,
            capacity,
            epoch,
            bytes: Vec::new(),
            slots: BTreeMap::new(),
            pointer: 0,
            stuck: false,
            written: 0,
            overwritten: 0,
            refused: 0,
            hash: 0,
        }
    }

    /// Writes an entry at the device time `stamp`, truly at `true_at`; false if the memory refuses it.
    pub fn write(&mut self, stamp: SimTime, true_at: SimTime, entry: Entry) -> bool {
        if self.stuck {
            self.refused += 1;
            return false;
        }
        let clock = self.clock(stamp);
        // OpenNerve's NUL comes after its line, and its comparison leaves the last byte of the memory unwritten.
        let (line, after, spare) = match self.format {
            LogFormat::OpenNerve => (opennerve_line(&clock, &entry) + "\0", 1, 1),
            LogFormat::Lines => (plain_line(&clock, &entry), 0, 0),
        };
        if self.pointer + line.len() + spare > self.capacity {
            self.pointer = 0;
        }
        let (from, to) = (self.pointer, self.pointer + line.len());
        self.damage(from, to);
        self.bytes.resize(self.bytes.len().max(to), 0);
        self.bytes[from..to].copy_from_slice(line.as_bytes());
        self.pointer = to - after;
        self.hash = xxh3_64_with_seed(line.as_bytes(), self.hash ^ xxh3_64(&true_at.nanos().to_le_bytes()));
        let logged = Logged { true_at, stamp, entry };
        self.slots.insert(from, Slot { end: self.pointer, sequence: self.written, whole: true, logged });
        self.written += 1;
        true
    }

    /// Erases everything, by command: all bytes zero, the pointer at address 0; false if the memory refuses it.
    pub fn erase(&mut self) -> bool {
        if self.stuck {
            self.refused += 1;
            return false;
        }
        self.bytes.clear();
        self.slots.clear();
        (self.pointer, self.hash) = (0, 0);
        true
    }

    /// A fault: while it lasts, the memory refuses what is written to it and keeps what it has.
    pub fn fill(&mut self, lasts: bool) {
        self.stuck = lasts;
    }

    /// The entries of which no byte is lost, the oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Logged> {
        self.whole().into_iter().map(|(_, slot)| &slot.logged)
    }

    /// The same as lines for a file.
    pub fn lines(&self) -> impl Iterator<Item = LogLine<'_>> {
        self.entries().map(|logged| LogLine {
            time_ns: logged.true_at.nanos(),
            device_clock: self.clock(logged.stamp),
            entry: &logged.entry,
        })
    }

    /// Whether the text of such an event stands anywhere in the memory, also in a line whose beginning is lost: what
    /// OpenNerve searches for before therapy, which one SC blocks (devices.md §1.5).
    pub fn holds(&self, code: Code) -> bool {
        self.slots.values().any(|slot| matches!(slot.logged.entry, Entry::Event { code: held, .. } if held == code))
    }

    /// The lines of which no byte is lost, in the device's own form, the oldest first.
    pub fn export(&self) -> Vec<u8> {
        self.whole().into_iter().flat_map(|(from, slot)| &self.bytes[from..slot.end]).copied().collect()
    }

    /// Every byte of the memory as it lies there.
    pub fn image(&self) -> Vec<u8> {
        let mut image = self.bytes.clone();
        image.resize(self.capacity, 0);
        image
    }

    /// How many entries have lost a byte or more to newer ones; the device does not know.
    pub fn overwritten(&self) -> u64 {
        self.overwritten
    }

    /// How many writes and erasures the memory refused.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// The address that the next entry goes to, if it fits there: less than the capacity.
    pub fn write_pointer(&self) -> usize {
        self.pointer
    }

    /// Writes the state, for the digest: what was written goes in as a hash.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.count("log_pointer", self.pointer as u64);
        w.count("log_written", self.written);
        w.count("log_overwritten", self.overwritten);
        w.count("log_refused", self.refused);
        w.flag("log_stuck", self.stuck);
        w.count("log_hash", self.hash);
    }

    /// The whole entries with their addresses, the oldest first. Not simply by address: behind the last line of a lap
    /// may stand one of the lap before, which was shorter.
    fn whole(&self) -> Vec<(usize, &Slot)> {
        let slots = self.slots.iter().map(|(at, slot)| (*at, slot));
        let mut whole: Vec<_> = slots.filter(|(_, slot)| slot.whole).collect();
        whole.sort_unstable_by_key(|(_, slot)| slot.sequence);
        whole
    }

    /// Enters that the addresses `from..to` are overwritten.
    fn damage(&mut self, from: usize, to: usize) {
        let before = self.slots.range(..to).rev();
        let hit: Vec<usize> = before.take_while(|(_, slot)| slot.end > from).map(|(at, _)| *at).collect();
        for at in hit {
            let slot = self.slots.get_mut(&at).expect("just found");
            self.overwritten += u64::from(slot.whole);
            slot.whole = false;
            // `<EV>` with its code, which begins behind the stamp.
            let code_from = at + if self.format == LogFormat::OpenNerve { 27 } else { 24 };
            if code_from < to || !matches!(slot.logged.entry, Entry::Event { .. }) {
                self.slots.remove(&at);
            }
        }
    }

    /// The clock as the log spells it.
    fn clock(&self, stamp: SimTime) -> String {
        let (day, time) = day_and_time(stamp);
        let (year, month, day) = date(self.epoch + day);
        let (date, nanos) = (format!("20{year:02}-{month:02}-{day:02}"), time.nanos() % NANOS_PER_SEC);
        let time = show_time_of_day(time);
        match self.format {
            LogFormat::OpenNerve => format!("{date}T{time}Z({:03})", nanos * 256 / NANOS_PER_SEC),
            LogFormat::Lines => format!("{date} {time}.{:03}", nanos / 1_000_000),
        }
    }
}

/// A line in OpenNerve's form, without the NUL after it.
fn opennerve_line(clock: &str, entry: &Entry) -> String {
    match entry {
        Entry::Event { code, .. } => format!("[{clock}]<EV>{:<5}\r\n", code.text()),
        Entry::Battery { a_v, b_v } => {
            // The device measures whole millivolts; from there on it cuts.
            let [a, b] = [a_v, b_v].map(|volts| (volts * 1000.0).round() as u16 / 100);
            format!("[{clock}]<BA>A={}.{}V, B={}.{}V\r\n", a / 10 % 10, a % 10, b / 10 % 10, b % 10)
        }
        Entry::Impedance { ohm } => {
            let ohm = *ohm as u32;
            let digits = format!("{},{:03},{:03}", ohm / 1_000_000 % 10, ohm / 1000 % 1000, ohm % 1000);
            let shown = digits.trim_start_matches(['0', ',']);
            // The zeros are taken off in front, but the line ends where it would have ended with them: NULs fill it up.
            let gap = "\0".repeat(digits.len() - shown.len());
            format!("[{clock}]<IM>{shown}ohm{gap}\r\n")
        }
        Entry::Parameter { id, value } => {
            let tenths = (value * 10.0) as u32 as u16;
            format!("[{clock}]<PA>({id:<4.4})Val={:05}.{}\r\n", tenths / 10, tenths % 10)
        }
    }
}

/// A line in our own form.
fn plain_line(clock: &str, entry: &Entry) -> String {
    let said = match entry {
        Entry::Event { code, text } => format!("{} {text}", code.text()),
        Entry::Battery { a_v, b_v } => format!("BA A={a_v:.3}V B={b_v:.3}V"),
        Entry::Impedance { ohm } => format!("IM {ohm:.0}ohm"),
        Entry::Parameter { id, value } => format!("PA {id}={value}"),
    };
    let mut line = format!("{clock} {}", said.trim_end().replace(char::is_control, " "));
    line.truncate(line.floor_char_boundary(LONGEST_LINE - 1));
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::clock::OPENNERVE_EPOCH;

    fn opennerve() -> EventMemory {
        EventMemory::new(LogFormat::OpenNerve, OPENNERVE_BYTES, OPENNERVE_EPOCH)
    }

    fn battery() -> Entry {
        Entry::Battery { a_v: 3.79, b_v: 3.6 }
    }

    /// Writes `count` such entries, one a second from the second `from` on.
    fn put(memory: &mut EventMemory, from: i64, count: i64, entry: &Entry) {
        for second in from..from + count {
            assert!(memory.write(SimTime::from_secs(second), SimTime::from_secs(second), entry.clone()));
        }
    }

    fn first(memory: &EventMemory) -> i64 {
        memory.entries().next().unwrap().true_at.whole_second()
    }

    #[test]
    fn verif_every_line_is_the_devices_own() {
        let mut memory = opennerve();
        let stamp = SimTime::DAY * 424 + SimTime::from_secs(3661) + SimTime::from_nanos(500_000_000);
        let parameter = |value| Entry::Parameter { id: "SP02".to_string(), value };
        let said = [
            (Entry::event(Code::ShortCircuit), "<EV>SC   \r\n"),
            (battery(), "<BA>A=3.7V, B=3.6V\r\n"),
            (Entry::Impedance { ohm: 12_500.9 }, "<IM>12,500ohm\0\0\0\r\n"),
            (Entry::Impedance { ohm: f64::INFINITY }, "<IM>4,967,295ohm\r\n"),
            (Entry::Impedance { ohm: 0.0 }, "<IM>ohm\0\0\0\0\0\0\0\0\0\r\n"),
            (parameter(10.0), "<PA>(SP02)Val=00010.0\r\n"),
            (parameter(6553.5), "<PA>(SP02)Val=06553.5\r\n"),
            (parameter(6553.6), "<PA>(SP02)Val=00000.0\r\n"),
        ];
        let mut all = String::new();
        for (entry, line) in said {
            memory.write(stamp, SimTime::ZERO, entry);
            all += &format!("[2024-02-29T01:01:01Z(128)]{line}");
        }
        assert_eq!(String::from_utf8(memory.export()).unwrap(), all);
        assert_eq!((memory.write_pointer(), memory.image().len()), (all.len(), OPENNERVE_BYTES));
        assert!(memory.image().starts_with(all.as_bytes()));
        assert!(memory.clock(SimTime::from_nanos(-1)).starts_with("2022-12-31T23:59:59Z(255)"));
    }

    #[test]
    fn verif_it_holds_3449_events_or_2788_battery_lines() {
        let mut memory = opennerve();
        put(&mut memory, 0, 3449, &Entry::event(Code::Wake));
        assert_eq!((memory.write_pointer(), memory.overwritten()), (3449 * 38, 0));
        put(&mut memory, 3449, 1, &Entry::event(Code::Wake));
        // The NUL after the new line took the bracket of the second one.
        assert_eq!((memory.write_pointer(), memory.overwritten(), first(&memory)), (38, 2, 2));
        assert_eq!(memory.image()[38], 0);
        put(&mut memory, 3450, 10_000, &Entry::event(Code::Wake));
        assert_eq!((memory.entries().count(), memory.slots.len()), (3448, 3449));
        assert!(memory.erase());
        put(&mut memory, 0, 2788, &battery());
        assert_eq!(memory.write_pointer(), 2788 * 47);
        put(&mut memory, 2788, 1, &battery());
        assert_eq!((memory.write_pointer(), first(&memory)), (47, 2));
    }

    #[test]
    fn verif_a_line_of_the_lap_before_stays_behind_the_last() {
        let mut memory = opennerve();
        put(&mut memory, 0, 3448, &Entry::event(Code::Wake));
        put(&mut memory, 3448, 1, &Entry::event(Code::ShortCircuit));
        // The next lap ends at 131022, where a parameter has no room: the last event, at 131024, stays as it is.
        put(&mut memory, 4000, 3443, &Entry::event(Code::Wake));
        put(&mut memory, 8000, 4, &battery());
        put(&mut memory, 8004, 1, &Entry::Parameter { id: "SP02".to_string(), value: 1.0 });
        assert_eq!((memory.write_pointer(), memory.overwritten(), first(&memory)), (50, 3448 + 2, 3448));
        assert!(memory.entries().is_sorted_by_key(|logged| logged.true_at) && memory.holds(Code::ShortCircuit));
    }

    #[test]
    fn verif_a_short_circuit_is_found_until_its_text_is_gone() {
        let mut memory = opennerve();
        put(&mut memory, 0, 1, &Entry::event(Code::Wake));
        put(&mut memory, 1, 1, &Entry::event(Code::ShortCircuit));
        put(&mut memory, 2, 3447, &Entry::event(Code::Wake));
        let found = |memory: &EventMemory| memory.image().windows(9).any(|bytes| bytes == b"<EV>SC   ");
        put(&mut memory, 3449, 1, &Entry::event(Code::Wake));
        assert!(memory.entries().all(|logged| logged.entry != Entry::event(Code::ShortCircuit)));
        assert!(memory.holds(Code::ShortCircuit) && found(&memory));
        put(&mut memory, 3450, 1, &Entry::event(Code::Wake));
        assert!(!memory.holds(Code::ShortCircuit) && !found(&memory));
    }

    #[test]
    fn verif_hourly_tests_wrap_in_a_month() {
        // Each of the two tests wakes the device: 47 + 45 + 2 * 38 bytes an hour.
        let (mut memory, mut hours) = (opennerve(), 0);
        while memory.overwritten() == 0 {
            for (second, entry) in [(0, battery()), (9, Entry::Impedance { ohm: 1200.0 })] {
                put(&mut memory, hours * 3600 + second, 1, &Entry::event(Code::Wake));
                put(&mut memory, hours * 3600 + second + 1, 1, &entry);
            }
            hours += 1;
        }
        // 33 days in devices.md, which counts the impedance line without its NULs.
        assert_eq!((hours, first(&memory)), (781, 3601));
    }

    #[test]
    fn verif_a_stuck_memory_refuses_and_keeps() {
        let mut memory = opennerve();
        put(&mut memory, 0, 2, &battery());
        let before = memory.image();
        memory.fill(true);
        assert!(!memory.write(SimTime::ZERO, SimTime::ZERO, battery()) && !memory.erase());
        assert_eq!((memory.image(), memory.refused()), (before, 2));
        memory.fill(false);
        assert!(memory.erase() && memory.image().iter().all(|byte| *byte == 0));
    }

    #[test]
    fn verif_our_own_lines() {
        let mut memory = EventMemory::new(LogFormat::Lines, 512, 0);
        let text = "contact 2\nleft".to_string();
        memory.write(SimTime::from_nanos(1_999_000), SimTime::ZERO, Entry::Event { code: Code::OpenCircuit, text });
        assert_eq!(memory.export(), b"2000-01-01 00:00:00.001 OC contact 2 left\n");
        let line = serde_json::to_string(&memory.lines().next().unwrap()).unwrap();
        assert!(line.contains(r#""kind":"event","code":"OC","text":"contact 2\nleft""#), "{line}");
        let text = "\u{b5}".repeat(200);
        memory.write(SimTime::ZERO, SimTime::ZERO, Entry::Event { code: Code::Magnet, text });
        assert_eq!(memory.write_pointer(), 42 + 128);
        put(&mut memory, 0, 12, &Entry::event(Code::Wake));
        assert_eq!((memory.write_pointer(), memory.overwritten()), (494, 0));
        put(&mut memory, 12, 1, &Entry::event(Code::Wake));
        assert_eq!((memory.write_pointer(), memory.overwritten(), memory.holds(Code::OpenCircuit)), (27, 1, false));
    }
}
