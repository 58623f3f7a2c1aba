//! Pictures of curves: SVG or PNG, by the ending of the file's name.
//!
//! A [`Chart`] has one or more [`Panel`]s above each other over the same x axis, and each has its series. Nothing of
//! the machine is asked: the letters come from one font inside the program (Open Sans, Apache-2.0, `assets/fonts`), and
//! the same chart is the same bytes on every machine.
//!
//! - [`axis`]: where a number stands on an axis, and which numbers are written at it
//! - `layout`: from a chart to strokes and words
//! - `font`: the letters, and how wide they are
//! - `svg` and `png`: strokes and words as a file

pub mod axis;
mod font;
mod layout;
mod png;
mod svg;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use axis::Axis;

/// Width and height of every picture: pixels of a PNG, units of an SVG.
pub const SIZE: (f64, f64) = (1600.0, 1000.0);

/// Curves over one x axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// Under the title, in small letters: what holds for all curves; may be empty.
    pub subtitle: String,
    /// The axis that all panels share.
    pub x: Axis,
    /// From top to bottom; one at least.
    pub panels: Vec<Panel>,
}

/// One field of curves.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Its own axis.
    pub y: Axis,
    /// What is drawn, the first at the back.
    pub series: Vec<Series>,
    /// How high it is beside the others: 1 for all is equal.
    pub height: f64,
}

impl Panel {
    /// A panel as high as others.
    pub fn new(y: Axis, series: Vec<Series>) -> Self {
        Self { y, series, height: 1.0 }
    }
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A line from point to point.
    Line,
    /// The same, dashed: for what is compared with.
    Dashed,
    /// A line that keeps its height up to the next point.
    Steps,
    /// A dot at every point.
    Points,
    /// An upright stroke at every point, 0.8 high in the units of y: a raster of events.
    Raster,
    /// The area between the second and the third number of every point: an error band.
    Band,
}

/// A named set of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is called beside the panel; a new line starts a second line there. Without a name it is not listed.
    pub name: String,
    /// How it is drawn.
    pub mark: Mark,
    /// x and y of each point, and y once more, which differs only in a [`Mark::Band`]. A point that has no place on its
    /// axes (no number, or not positive on a logarithmic axis) is a gap.
    pub points: Vec<[f64; 3]>,
    /// Which of the colours; by default each named series of a panel has the next one.
    pub colour: Option<usize>,
}

impl Series {
    /// A series of points; `mark` is not [`Mark::Band`].
    pub fn new(name: impl Into<String>, mark: Mark, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points = points.into_iter().map(|(x, y)| [x, y, y]).collect();
        Self { name: name.into(), mark, points, colour: None }
    }

    /// A line.
    pub fn line(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self::new(name, Mark::Line, points)
    }

    /// A band between two curves: x, the lower and the upper y.
    pub fn band(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        let points = points.into_iter().map(|(x, low, high)| [x, low, high]).collect();
        Self { name: name.into(), mark: Mark::Band, points, colour: None }
    }

    /// The same in one of the colours, counted from 0: so that a curve and its band look alike.
    pub fn coloured(self, colour: usize) -> Self {
        Self { colour: Some(colour), ..self }
    }
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The name ends in something else.
    #[error("{}: a picture is a file that ends in .svg or .png", .0.display())]
    Ending(PathBuf),
    /// There is a file of that name.
    #[error("{}: is there already; add --overwrite to replace it", .0.display())]
    Exists(PathBuf),
    /// It cannot be written.
    #[error("{}: cannot be written: {}", .0.display(), .1)]
    Io(PathBuf, io::Error),
}

/// Whether a picture could be written to a file of that name; to be asked before anything is computed.
///
/// # Errors
/// The ending is neither `.svg` nor `.png`, or the file is there and may not be replaced.
pub fn may_write(path: &Path, overwrite: bool) -> Result<(), PictureError> {
    if !["svg", "png"].iter().any(|ending| has_ending(path, ending)) {
        return Err(PictureError::Ending(path.to_path_buf()));
    }
    if path.exists() && !overwrite {
        return Err(PictureError::Exists(path.to_path_buf()));
    }
    Ok(())
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

impl Chart {
    /// The picture as SVG.
    pub fn svg(&self) -> String {
        svg::write(&layout::layout(self))
    }

    /// The picture as PNG.
    pub fn png(&self) -> Vec<u8> {
        png::write(&layout::layout(self))
    }

    /// Writes the picture to a file: SVG or PNG, by its ending.
    ///
    /// # Errors
    /// As [`may_write`], or it cannot be written. A file that was there stays as it was, or the picture is whole.
    pub fn write(&self, path: &Path, overwrite: bool) -> Result<(), PictureError> {
        may_write(path, overwrite)?;
        let bytes = if has_ending(path, "svg") { self.svg().into_bytes() } else { self.png() };
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let failed = |error| PictureError::Io(path.to_path_buf(), error);
        fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path)).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        let band = Series::band("", [(1.0, 1.0, 3.0), (10.0, 2.0, 4.0)]).coloured(0);
        let line = Series::line("a < b & c", [(1.0, 2.0), (3.0, f64::NAN), (5.0, 2.5), (10.0, 3.0)]);
        let dots = Series::new("dots\nof two lines", Mark::Points, [(0.0, 2.0), (2.0, 2.0)]);
        let raster = Series::new("", Mark::Raster, [(2.0, 1.0), (4.0, 2.0)]);
        Chart {
            title: "Title".into(),
            subtitle: "Subtitle".into(),
            x: Axis::log("x (µm)"),
            panels: vec![
                Panel::new(Axis::linear("y (mA)"), vec![band, line, dots]),
                Panel::new(Axis::linear("unit"), vec![raster]),
            ],
        }
    }

    #[test]
    fn verif_the_same_chart_is_the_same_bytes_and_names_are_escaped() {
        let svg = chart().svg();
        assert_eq!(svg, chart().svg());
        assert!(svg.contains("a &lt; b &amp; c") && svg.contains("x (µm)") && svg.contains("of two lines"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        let png = chart().png();
        assert_eq!(png, chart().png());
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    }

    #[test]
    fn verif_a_file_is_written_whole_and_replaced_only_when_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.SVG");
        chart().write(&path, false).expect("a new file");
        assert!(matches!(chart().write(&path, false), Err(PictureError::Exists(_))));
        chart().write(&path, true).expect("may be replaced");
        assert!(matches!(chart().write(&folder.path().join("a.jpg"), true), Err(PictureError::Ending(_))));
        assert!(matches!(chart().write(&folder.path().join("no/a.png"), true), Err(PictureError::Io(..))));
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
    }
}
