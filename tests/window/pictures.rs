//! Pictures compared with kept ones: how many of their pixels differ, and by how much they may.
//!
//! Drivers draw edges a little differently, so that a few pixels may differ by much and many by little. What differs
//! by more than [`LEVELS`] in a channel counts; of those, at most [`FRACTION`] of all may be.

use std::path::Path;

use image::{Rgb, RgbImage};

/// Levels of 255 by which a channel may differ without counting.
pub const LEVELS: u8 = 24;

/// The part of all pixels that may differ by more.
pub const FRACTION: f64 = 0.01;

/// The part of the pixels that differ by more than `levels` in a channel.
///
/// # Errors
/// The pictures have not the same size.
pub fn differing(a: &RgbImage, b: &RgbImage, levels: u8) -> Result<f64, String> {
    if a.dimensions() != b.dimensions() {
        return Err(format!("one is {:?} and the other {:?} pixels", a.dimensions(), b.dimensions()));
    }
    let differs = |(a, b): &(&Rgb<u8>, &Rgb<u8>)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > levels);
    let count = a.pixels().zip(b.pixels()).filter(differs).count();
    Ok(count as f64 / f64::from(a.width() * a.height()).max(1.0))
}

/// What differs, in red over a faint picture: for a person to look at.
pub fn difference(a: &RgbImage, b: &RgbImage, levels: u8) -> RgbImage {
    RgbImage::from_fn(a.width(), a.height(), |x, y| {
        let (a, b) = (a.get_pixel(x, y), b.get_pixel_checked(x, y).unwrap_or(&Rgb([0; 3])));
        if a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > levels) {
            Rgb([255, 0, 0])
        } else {
            Rgb(a.0.map(|level| 160 + level / 4))
        }
    })
}

/// Holds a picture against the one that is kept in `docs/pictures/` under that name. `STIMTWIN_WRITE_PICTURES=1` keeps
/// the new one instead. Where they differ, what differs is written beside the new picture, ending in `.differs.png`.
///
/// # Errors
/// Why they are not the same, or what cannot be read.
pub fn hold_against_kept(name: &str, picture: &Path) -> Result<(), String> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures").join(format!("{name}.png"));
    if std::env::var_os("STIMTWIN_WRITE_PICTURES").is_some() && kept != picture {
        let folder = kept.parent().unwrap_or(Path::new("."));
        return std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::copy(picture, &kept))
            .map(|_| ())
            .map_err(|error| format!("{}: {error}", kept.display()));
    }
    hold_against(&kept, picture)
}

fn hold_against(kept: &Path, picture: &Path) -> Result<(), String> {
    let read = |path: &Path| image::open(path).map_err(|error| format!("{}: {error}", path.display()));
    let (old, new) = (read(kept)?.to_rgb8(), read(picture)?.to_rgb8());
    let part = differing(&old, &new, LEVELS).map_err(|why| format!("{}: {why}", picture.display()))?;
    if part <= FRACTION {
        return Ok(());
    }
    let differs = picture.with_extension("differs.png");
    difference(&old, &new, LEVELS).save(&differs).map_err(|error| format!("{}: {error}", differs.display()))?;
    Err(format!(
        "{:.2} % of {} differ by more than {LEVELS} levels from {}, {:.2} % may; see {}",
        part * 100.0,
        picture.display(),
        kept.display(),
        FRACTION * 100.0,
        differs.display()
    ))
}

/// A picture of 100 by 100 pixels, grey with a slope.
fn slope() -> RgbImage {
    RgbImage::from_fn(100, 100, |x, y| Rgb([(x + y) as u8, x as u8, 90]))
}

#[test]
fn verif_what_differs_is_counted_by_pixels() {
    let a = slope();
    assert_eq!(differing(&a, &a, 0), Ok(0.0));
    let mut b = a.clone();
    (0..100).for_each(|x| b.put_pixel(x, 3, Rgb([255, 0, 0])));
    assert_eq!(differing(&a, &b, LEVELS), Ok(0.01));
    assert_eq!(differing(&a, &RgbImage::from_pixel(100, 100, Rgb([0, 255, 255])), 0), Ok(1.0));
}

#[test]
fn verif_small_differences_do_not_count_and_one_channel_is_enough() {
    let a = slope();
    let shifted = |by: u8| RgbImage::from_fn(100, 100, |x, y| Rgb([(x + y) as u8, x as u8, 90 + by]));
    assert_eq!(differing(&a, &shifted(LEVELS), LEVELS), Ok(0.0));
    assert_eq!(differing(&a, &shifted(LEVELS + 1), LEVELS), Ok(1.0));
}

#[test]
fn verif_another_size_is_another_picture() {
    assert!(differing(&slope(), &RgbImage::new(100, 99), 255).unwrap_err().contains("99"));
}

#[test]
fn verif_a_picture_that_differs_is_refused_with_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    slope().save(file("kept.png")).unwrap();
    let mut changed = slope();
    (0..100).for_each(|x| changed.put_pixel(x, 50, Rgb([255, 255, 0])));
    changed.save(file("little.png")).unwrap();
    assert_eq!(hold_against(&file("kept.png"), &file("little.png")), Ok(()));
    changed.put_pixel(0, 51, Rgb([255, 255, 0]));
    changed.save(file("much.png")).unwrap();
    let why = hold_against(&file("kept.png"), &file("much.png")).unwrap_err();
    assert!(why.contains("1.01 %") && why.contains("much.differs.png"), "{why}");
    let differs = image::open(file("much.differs.png")).unwrap().to_rgb8();
    assert_eq!(*differs.get_pixel(7, 50), Rgb([255, 0, 0]));
    assert_ne!(*differs.get_pixel(7, 49), Rgb([255, 0, 0]));
    assert!(hold_against(&file("none.png"), &file("much.png")).unwrap_err().contains("none.png"));
}

#[test]
fn verif_every_kept_picture_can_be_read_and_is_itself() {
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures")).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "png") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert_eq!(hold_against_kept(name, &path), Ok(()));
        }
    }
}
