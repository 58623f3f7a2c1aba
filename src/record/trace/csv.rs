//! A trace as CSV: a header line, then a line for each sample. Numbers are the shortest decimals that read back to the
//! same bits.

use std::fs::File;

use crate::record::probe::Recording;
use crate::record::recorder::Rows;
use crate::record::trace::{About, Trace, TraceError};

/// A CSV file while it is written.
pub struct CsvTrace(::csv::Writer<File>);

impl CsvTrace {
    /// Begins the file with its header line.
    pub fn new(file: File, recording: &Recording) -> Result<Self, TraceError> {
        let mut writer = ::csv::WriterBuilder::new().buffer_capacity(1 << 16).from_writer(file);
        writer.write_field("time_ns")?;
        for probe in &recording.probes {
            writer.write_field(&probe.name)?;
        }
        writer.write_record(None::<&[u8]>)?;
        Ok(Self(writer))
    }
}

impl Trace for CsvTrace {
    fn append(&mut self, rows: &Rows) -> Result<(), TraceError> {
        let mut number = ryu::Buffer::new();
        let mut time = itoa::Buffer::new();
        for (i, at) in rows.times.iter().enumerate() {
            self.0.write_field(time.format(at.nanos()))?;
            for column in &rows.columns {
                self.0.write_field(number.format(column[i]))?;
            }
            self.0.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, _about: &About) -> Result<(), TraceError> {
        Ok(self.0.flush()?)
    }
}
