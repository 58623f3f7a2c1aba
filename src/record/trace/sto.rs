//! A trace as a storage file of OpenSim: a short header, then tab-separated columns, the first the time in seconds.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};

use crate::record::probe::Recording;
use crate::record::recorder::Rows;
use crate::record::trace::{About, Trace, TraceError, seconds};

/// A storage file while it is written.
pub struct StoTrace {
    writer: BufWriter<File>,
    rows: u64,
    /// Where the number of rows stands in the file, and how many digits it has there: as many as the number of rows of
    /// a whole run. A run that is stopped has fewer, with zeros before them.
    at: u64,
    digits: usize,
}

impl StoTrace {
    /// Begins the file with its header.
    pub fn new(file: File, recording: &Recording) -> Result<Self, TraceError> {
        let planned = (recording.until - recording.from).nanos() / recording.every.nanos() + 1;
        let name = recording.file.trim_end_matches(".sto");
        let before = format!("{name}\nversion=1\nnRows=");
        let digits = planned.to_string();
        let mut writer = BufWriter::new(file);
        writeln!(writer, "{before}{digits}\nnColumns={}", recording.probes.len() + 1)?;
        write!(writer, "inDegrees=no\nendheader\ntime")?;
        for probe in &recording.probes {
            write!(writer, "\t{}", probe.name.replace('.', "_"))?;
        }
        writeln!(writer)?;
        Ok(Self { writer, rows: 0, at: before.len() as u64, digits: digits.len() })
    }
}

impl Trace for StoTrace {
    fn append(&mut self, rows: &Rows) -> Result<(), TraceError> {
        let mut number = ryu::Buffer::new();
        for (i, at) in rows.times.iter().enumerate() {
            self.writer.write_all(seconds(at.nanos()).as_bytes())?;
            for column in &rows.columns {
                self.writer.write_all(b"\t")?;
                self.writer.write_all(number.format(column[i]).as_bytes())?;
            }
            self.writer.write_all(b"\n")?;
        }
        self.rows += rows.times.len() as u64;
        Ok(())
    }

    fn finish(mut self: Box<Self>, _about: &About) -> Result<(), TraceError> {
        self.writer.seek(SeekFrom::Start(self.at))?;
        write!(self.writer, "{:0digits$}", self.rows, digits = self.digits)?;
        Ok(self.writer.flush()?)
    }
}
