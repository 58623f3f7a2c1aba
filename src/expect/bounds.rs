//! What a value may be, and how numbers are told.

/// A range that a value is to be in, both ends included, and the words that its author used for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    min: f64,
    max: f64,
    told: String,
}

impl Bounds {
    /// From one value to another; at least one end is finite.
    pub fn between(min: f64, max: f64) -> Self {
        let told = match (min.is_finite(), max.is_finite()) {
            (true, true) => format!("from {} to {}", told(min), told(max)),
            (true, false) => format!("at least {}", told(min)),
            _ => format!("at most {}", told(max)),
        };
        Self { min, max, told }
    }

    /// A value and how far off it may be, in its own unit.
    pub fn around(value: f64, tolerance: f64) -> Self {
        let told = format!("{} within {}", told(value), told(tolerance));
        Self { min: value - tolerance, max: value + tolerance, told }
    }

    /// A value and how far off it may be, in percent of it.
    pub fn around_percent(value: f64, percent: f64) -> Self {
        let told = format!("{} within {} %", told(value), told(percent));
        let tolerance = value.abs() * percent / 100.0;
        Self { min: value - tolerance, max: value + tolerance, told }
    }

    /// Whether a value lies in the range.
    pub fn hold(&self, value: f64) -> bool {
        (self.min..=self.max).contains(&value)
    }

    /// The ends that are finite, for a plot.
    pub fn ends(&self) -> impl Iterator<Item = f64> {
        let (min, max) = (Some(self.min), (self.max > self.min).then_some(self.max));
        [min, max].into_iter().flatten().filter(|end| end.is_finite())
    }
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.told)
    }
}

/// A number for people: six significant digits, without zeros at its end.
pub fn told(value: f64) -> String {
    let rounded = format!("{value:.5e}").parse::<f64>().unwrap_or(value);
    if rounded != 0.0 && !(1e-4..1e15).contains(&rounded.abs()) { format!("{rounded:e}") } else { rounded.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_both_ends_belong_to_the_range() {
        let bounds = Bounds::between(1.0, 2.0);
        assert!(bounds.hold(1.0) && bounds.hold(2.0) && !bounds.hold(2.000001) && !bounds.hold(f64::NAN));
        assert!(Bounds::around(35.0, 0.0).hold(35.0) && !Bounds::around(35.0, 0.5).hold(35.6));
        assert!(Bounds::around_percent(-10.0, 5.0).hold(-10.5) && !Bounds::around_percent(-10.0, 5.0).hold(-9.4));
    }

    #[test]
    fn verif_numbers_and_ranges_are_told_as_people_write_them() {
        assert_eq!([told(35.0), told(1.0 / 3.0), told(0.0), told(-1.25e-9)], ["35", "0.333333", "0", "-1.25e-9"]);
        assert_eq!(Bounds::between(f64::NEG_INFINITY, 0.3).to_string(), "at most 0.3");
        assert_eq!(Bounds::between(1.0, f64::INFINITY).to_string(), "at least 1");
        assert_eq!(Bounds::between(1.0, 2.5).to_string(), "from 1 to 2.5");
        assert_eq!(Bounds::around(35.0, 0.5).to_string(), "35 within 0.5");
        assert_eq!(Bounds::around_percent(35.0, 5.0).to_string(), "35 within 5 %");
    }
}
