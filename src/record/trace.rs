//! Traces on disk: CSV and Parquet, told apart by the file's ending.
//!
//! The first column is `time_ns`, the instant of the sample in whole nanoseconds since the start, exact in both
//! formats. The others are the probes, by name. Numbers in CSV are the shortest decimals that read back to the same
//! bits.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::record::probe::Recording;
use crate::record::recorder::Rows;

/// Why a trace cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file cannot be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The CSV writer cannot go on.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// The Parquet writer cannot go on.
    #[error(transparent)]
    Parquet(#[from] parquet::errors::ParquetError),
}

/// Rows of a Parquet file that are written together.
const ROWS_PER_GROUP: usize = 1 << 18;

/// A trace that is being written.
pub enum TraceWriter {
    /// As CSV.
    Csv(csv::Writer<File>),
    /// As Parquet: the writer, and the rows of the group that is not full yet.
    Parquet(SerializedFileWriter<BufWriter<File>>, Rows),
}

impl TraceWriter {
    /// Begins the trace of a recording in that file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(path: &Path, recording: &Recording) -> Result<Self, TraceError> {
        let file = File::create_new(path)?;
        if recording.file.ends_with(".parquet") {
            let columns: String =
                recording.probes.iter().map(|probe| format!("required double {};", probe.name)).collect();
            let schema =
                Arc::new(parse_message_type(&format!("message trace {{ required int64 time_ns; {columns} }}"))?);
            let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
            let rows = Rows { times: Vec::new(), columns: vec![Vec::new(); recording.probes.len()] };
            return Ok(Self::Parquet(SerializedFileWriter::new(BufWriter::new(file), schema, properties)?, rows));
        }
        let mut writer = csv::WriterBuilder::new().buffer_capacity(1 << 16).from_writer(file);
        writer.write_field("time_ns")?;
        for probe in &recording.probes {
            writer.write_field(&probe.name)?;
        }
        writer.write_record(None::<&[u8]>)?;
        Ok(Self::Csv(writer))
    }

    /// Appends samples.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&mut self, rows: &Rows) -> Result<(), TraceError> {
        match self {
            Self::Csv(writer) => append_csv(writer, rows)?,
            Self::Parquet(writer, group) => {
                group.times.extend_from_slice(&rows.times);
                for (column, more) in group.columns.iter_mut().zip(&rows.columns) {
                    column.extend_from_slice(more);
                }
                if group.times.len() >= ROWS_PER_GROUP {
                    write_group(writer, group)?;
                }
            }
        }
        Ok(())
    }

    /// Ends the trace.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> Result<(), TraceError> {
        match self {
            Self::Csv(mut writer) => writer.flush()?,
            Self::Parquet(mut writer, mut group) => {
                write_group(&mut writer, &mut group)?;
                writer.close()?;
            }
        }
        Ok(())
    }
}

fn append_csv(writer: &mut csv::Writer<File>, rows: &Rows) -> Result<(), TraceError> {
    let mut number = ryu::Buffer::new();
    let mut time = itoa::Buffer::new();
    for (i, at) in rows.times.iter().enumerate() {
        writer.write_field(time.format(at.nanos()))?;
        for column in &rows.columns {
            writer.write_field(number.format(column[i]))?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(())
}

fn write_group(writer: &mut SerializedFileWriter<BufWriter<File>>, rows: &mut Rows) -> Result<(), TraceError> {
    if rows.times.is_empty() {
        return Ok(());
    }
    let mut group = writer.next_row_group()?;
    let times: Vec<i64> = rows.times.iter().map(|at| at.nanos()).collect();
    if let Some(mut column) = group.next_column()? {
        column.typed::<Int64Type>().write_batch(&times, None, None)?;
        column.close()?;
    }
    for values in &rows.columns {
        if let Some(mut column) = group.next_column()? {
            column.typed::<DoubleType>().write_batch(values, None, None)?;
            column.close()?;
        }
    }
    group.close()?;
    rows.clear();
    Ok(())
}
