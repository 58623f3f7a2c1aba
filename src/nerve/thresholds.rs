//! Thresholds of the MRG axon, interpolated from a table of exact results.
//!
//! The table holds the current at which a monophasic cathodic pulse from a point above a node fires the fibre, for a
//! grid of diameters, distances and widths. Charge against width is nearly a straight line (Weiss 1901), so it is
//! interpolated as such and goes on as Weiss's law outside the grid; current against distance and diameter is
//! interpolated in logarithms and goes on as a power law. The exact axon comes later, behind the same interface.

use std::sync::{Arc, LazyLock};

use crate::math;

/// The conductivity that the table was computed at, S/m. Threshold is proportional to it.
pub const TABLE_S_PER_M: f64 = 0.2;

/// The source of the table, embedded in the program.
const TABLE: &str = include_str!("../../assets/nerve/mrg_thresholds.csv");

/// Thresholds at one distance, over width.
#[derive(Clone, Debug, PartialEq)]
struct OverWidth {
    ln_distance: f64,
    widths_us: Vec<f64>,
    charges_nc: Vec<f64>,
}

/// Thresholds of one diameter, over distance and width.
#[derive(Clone, Debug, PartialEq)]
struct OverDistance {
    ln_diameter: f64,
    rows: Vec<OverWidth>,
}

/// The whole table.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdTable(Vec<OverDistance>);

impl ThresholdTable {
    /// The table that comes with the program, read once.
    pub fn embedded() -> Arc<Self> {
        static EMBEDDED: LazyLock<Arc<ThresholdTable>> = LazyLock::new(|| Arc::new(ThresholdTable::read()));
        EMBEDDED.clone()
    }

    fn read() -> Self {
        let mut table: Vec<OverDistance> = Vec::new();
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(TABLE.as_bytes());
        for row in reader.deserialize() {
            let (diameter_um, distance_mm, width_us, threshold_ma): (f64, f64, f64, f64) =
                row.expect("the embedded table is four numbers a row; a test reads it");
            let (ln_diameter, ln_distance) = (math::ln(diameter_um), math::ln(distance_mm));
            if table.last().is_none_or(|last| last.ln_diameter != ln_diameter) {
                table.push(OverDistance { ln_diameter, rows: Vec::new() });
            }
            let rows = &mut table.last_mut().expect("one was just pushed").rows;
            if rows.last().is_none_or(|last| last.ln_distance != ln_distance) {
                rows.push(OverWidth { ln_distance, widths_us: Vec::new(), charges_nc: Vec::new() });
            }
            let row = rows.last_mut().expect("one was just pushed");
            row.widths_us.push(width_us);
            row.charges_nc.push(threshold_ma * width_us);
        }
        Self(table)
    }

    /// The table at one width of pulse, µs.
    pub fn at_width(&self, width_us: f64) -> WidthTable {
        let diameters = self.0.iter().map(|row| row.ln_diameter).collect();
        let distances = self.0[0].rows.iter().map(|row| row.ln_distance).collect();
        let ln_current = |row: &OverWidth| math::ln(math::curve(&row.widths_us, &row.charges_nc, width_us) / width_us);
        let ln_currents = self.0.iter().map(|fibre| fibre.rows.iter().map(ln_current).collect()).collect();
        WidthTable { diameters, distances, ln_currents }
    }
}

/// Thresholds for one width of pulse, over diameter and distance.
#[derive(Clone, Debug, PartialEq)]
pub struct WidthTable {
    diameters: Vec<f64>,
    distances: Vec<f64>,
    ln_currents: Vec<Vec<f64>>,
}

impl WidthTable {
    /// Threshold of a monophasic cathodic pulse from a point above a node, mA, in tissue of 0.2 S/m.
    ///
    /// Meant for diameters from 5.7 to 16 µm, distances from 0.5 to 10 mm and widths from 30 to 500 µs.
    pub fn threshold_ma(&self, diameter_um: f64, distance_mm: f64) -> f64 {
        let ln_distance = math::ln(distance_mm);
        let mut over_diameter = [0.0; 16];
        let over_diameter = &mut over_diameter[..self.diameters.len()];
        for (value, ln_currents) in over_diameter.iter_mut().zip(&self.ln_currents) {
            *value = math::curve(&self.distances, ln_currents, ln_distance);
        }
        math::exp(math::curve(&self.diameters, over_diameter, math::ln(diameter_um)))
    }
}

/// How much more current a pulse needs because an opposite phase follows it: the ratio to the monophasic threshold.
///
/// The later phase takes back what the first has not yet done. A power law that we fitted to the MRG results of
/// symmetric and asymmetric pulses (192 ratios; diameters 5.7 to 16 µm, distances 1 to 3 mm, widths 60 to 300 µs, gaps
/// up to 200 µs); it meets them within 2.6 %, 0.8 % in the root mean square. `times` tells how much longer and weaker
/// the later phase is.
pub fn biphasic_ratio(diameter_um: f64, distance_mm: f64, width_us: f64, gap_us: f64, times: f64) -> f64 {
    let ln_width = math::ln(width_us / 214.0);
    let ln_loss = -2.4476 - 0.5673 * math::ln(diameter_um / 10.0) + 0.4138 * math::ln(distance_mm / 2.0)
        - 0.6156 * ln_width
        - gap_us / 65.69
        - (0.6985 + 0.1544 * ln_width) * math::ln(times);
    // Far outside the fit the law would take back more than there was; half is where we stop believing it.
    1.0 / (1.0 - math::exp(ln_loss).min(0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_the_table_is_met_at_its_own_points() {
        let table = ThresholdTable::embedded();
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(TABLE.as_bytes());
        let mut rows = 0;
        for row in reader.deserialize() {
            let (diameter, distance, width, threshold): (f64, f64, f64, f64) = row.unwrap();
            let found = table.at_width(width).threshold_ma(diameter, distance);
            assert!((found / threshold - 1.0).abs() < 1e-9, "{diameter} {distance} {width}: {found} for {threshold}");
            rows += 1;
        }
        assert_eq!(rows, 266);
    }

    /// Diameters that the table does not hold, from the same computation at a 2 µs step.
    #[test]
    fn val_diameters_between_the_tabulated_ones() {
        let table = ThresholdTable::embedded().at_width(214.0);
        for (diameter, distance, threshold) in [
            (8.7, 1.0, 0.085533),
            (8.7, 2.0, 0.26233),
            (8.7, 3.0, 0.548128),
            (8.7, 5.0, 1.55931),
            (12.8, 1.0, 0.0714774),
            (12.8, 2.0, 0.199141),
            (12.8, 3.0, 0.384892),
            (12.8, 5.0, 0.97646),
        ] {
            let found = table.threshold_ma(diameter, distance);
            assert!((found / threshold - 1.0).abs() < 0.015, "{diameter} µm {distance} mm: {found} for {threshold}");
        }
    }

    #[test]
    fn val_chronaxie_of_distant_motor_axons_is_in_the_measured_range() {
        // Mogyoros 1996: 459 ± 126 µs in human motor axons.
        let table = ThresholdTable::embedded();
        let (short, long) = (60.0, 500.0);
        for diameter in [8.7, 11.5, 14.0] {
            let charge = |width: f64| table.at_width(width).threshold_ma(diameter, 5.0) * width;
            let rheobase = (charge(long) - charge(short)) / (long - short);
            let chronaxie_us = charge(short) / rheobase - short;
            assert!((333.0..585.0).contains(&chronaxie_us), "{diameter}: {chronaxie_us}");
        }
    }
}
