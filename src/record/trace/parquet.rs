//! A trace as Parquet: the columns of the CSV file, as whole numbers and doubles.

use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::data_type::{DoubleType, Int64Type};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;

use crate::record::probe::Recording;
use crate::record::recorder::Rows;
use crate::record::trace::{About, Trace, TraceError};

/// Rows of a Parquet file that are written together.
const ROWS_PER_GROUP: usize = 1 << 18;

/// A Parquet file while it is written: the writer, and the rows of the group that is not full yet.
pub struct ParquetTrace {
    writer: SerializedFileWriter<BufWriter<File>>,
    group: Rows,
}

impl ParquetTrace {
    /// Begins the file.
    pub fn new(file: File, recording: &Recording) -> Result<Self, TraceError> {
        let columns: String = recording.probes.iter().map(|probe| format!("required double {};", probe.name)).collect();
        let schema = Arc::new(parse_message_type(&format!("message trace {{ required int64 time_ns; {columns} }}"))?);
        let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
        let group = Rows { times: Vec::new(), columns: vec![Vec::new(); recording.probes.len()] };
        Ok(Self { writer: SerializedFileWriter::new(BufWriter::new(file), schema, properties)?, group })
    }

    fn write_group(&mut self) -> Result<(), TraceError> {
        if self.group.times.is_empty() {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        let times: Vec<i64> = self.group.times.iter().map(|at| at.nanos()).collect();
        if let Some(mut column) = group.next_column()? {
            column.typed::<Int64Type>().write_batch(&times, None, None)?;
            column.close()?;
        }
        for values in &self.group.columns {
            if let Some(mut column) = group.next_column()? {
                column.typed::<DoubleType>().write_batch(values, None, None)?;
                column.close()?;
            }
        }
        group.close()?;
        self.group.clear();
        Ok(())
    }
}

impl Trace for ParquetTrace {
    fn append(&mut self, rows: &Rows) -> Result<(), TraceError> {
        self.group.times.extend_from_slice(&rows.times);
        for (column, more) in self.group.columns.iter_mut().zip(&rows.columns) {
            column.extend_from_slice(more);
        }
        if self.group.times.len() >= ROWS_PER_GROUP { self.write_group() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>, _about: &About) -> Result<(), TraceError> {
        self.write_group()?;
        self.writer.close()?;
        Ok(())
    }
}
