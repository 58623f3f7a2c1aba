//! The constants of the force models of Ding, Wexler and Binder-Macleod and of their heirs.
//!
//! Names are the published ones; units are seconds and newtons throughout, since the papers mix N/ms, ms and s. What
//! the published numbers are traps for stands beside them, and the ranges below refuse a value in the wrong unit.

use std::ops::RangeInclusive;

use crate::math;

/// How strength follows the width of a pulse (Ding, Chou, Binder-Macleod 2007): A = A·(1 − e^(−(PW − PD0)/PDt)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WidthLaw {
    /// The width below which nothing contracts, µs.
    pub pd0_us: f64,
    /// How fast it saturates above that, µs.
    pub pdt_us: f64,
}

impl WidthLaw {
    /// The share of A that pulses of that width reach. Below PD0 the formula is negative; a muscle does not push, so
    /// it is 0 there.
    pub fn share(&self, width_us: f64) -> f64 {
        if width_us <= self.pd0_us { 0.0 } else { 1.0 - math::exp(-(width_us - self.pd0_us) / self.pdt_us) }
    }
}

/// How strength follows the current (Hmed and others 2018): λ(I) = ar·(tanh(bs·(I − Is)) + cr) in front of each pulse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurrentLaw {
    /// Half of the range of λ.
    pub ar: f64,
    /// Steepness, 1/mA.
    pub bs_per_ma: f64,
    /// The current of the steepest rise, mA.
    pub is_ma: f64,
    /// Offset of tanh.
    pub cr: f64,
}

impl CurrentLaw {
    /// λ of a pulse of that current, mA. Where the formula is negative, below 17 mA as published, it is 0.
    pub fn share(&self, current_ma: f64) -> f64 {
        (self.ar * (math::tanh(self.bs_per_ma * (current_ma - self.is_ma)) + self.cr)).max(0.0)
    }
}

/// Fatigue (Ding 2003): each of A, τ1 and Km leaves its rest value in proportion to force and returns with τfat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fatigue {
    /// αA, 1/s². Published as −4.0·10⁻⁷ ms⁻², which is −0.4 s⁻²; one public port writes −4.0·10⁻², another factor.
    pub alpha_a: f64,
    /// ατ1, 1/N.
    pub alpha_tau1: f64,
    /// αKm, 1/(s·N). Published as 1.9·10⁻⁸ ms⁻¹N⁻¹.
    pub alpha_km: f64,
    /// τfat, s.
    pub tau_fat_s: f64,
}

impl Fatigue {
    /// None: A, τ1 and Km stay.
    pub const NONE: Self = Self { alpha_a: 0.0, alpha_tau1: 0.0, alpha_km: 0.0, tau_fat_s: 127.0 };
    /// Ding, Wexler and Binder-Macleod 2003 (J Appl Physiol), quadriceps.
    pub const DING_2003: Self = Self { alpha_a: -0.4, alpha_tau1: 2.1e-5, alpha_km: 1.9e-5, tau_fat_s: 127.0 };
}

/// What R0 = Km + 1.04 takes for Km.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum R0 {
    /// Km at rest: R0 does not change with fatigue. So cocofest and other ports have it.
    FixedAtRest,
    /// Km at the instant of the pulse, as the papers write it.
    TracksKm,
}

impl R0 {
    /// Both, with their names on the command line.
    pub const ALL: [(&str, Self); 2] = [("fixed", Self::FixedAtRest), ("tracks", Self::TracksKm)];
}

/// A muscle of the Ding family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ding {
    /// A, N/s: what multiplies the share of bound calcium.
    pub a_n_per_s: f64,
    /// τ1, s: relaxation where no calcium is bound.
    pub tau1_s: f64,
    /// τ2, s: further relaxation time where all of it is.
    pub tau2_s: f64,
    /// Km: the calcium, relative, that binds half.
    pub km: f64,
    /// τc, s: rise and decay of the calcium.
    pub tauc_s: f64,
    /// R0 − Km.
    pub r0_minus_km: f64,
    /// Whether R0 follows Km.
    pub r0: R0,
    /// How A follows the width; none for models that know none.
    pub width: Option<WidthLaw>,
    /// How each pulse counts by its current; none for models that know none.
    pub current: Option<CurrentLaw>,
    /// Fatigue.
    pub fatigue: Fatigue,
}

impl Ding {
    /// Ding 2003: force and fatigue at any pattern of pulses; quadriceps, all pulses alike. τ2 is 60 ms after Doll
    /// 2015; a later table (PMC9936668) prints 100 ms.
    pub const DING_2003: Self = Self {
        a_n_per_s: 3009.0,
        tau1_s: 0.050_957,
        tau2_s: 0.060,
        km: 0.103,
        tauc_s: 0.020,
        r0_minus_km: 1.04,
        r0: R0::FixedAtRest,
        width: None,
        current: None,
        fatigue: Fatigue::DING_2003,
    };

    /// Ding 2007: force by rate and width, other muscles and other constants. It has no fatigue of its own: with the
    /// constants of 2003 force rises as the muscle works, because τ1 grows faster than A falls.
    pub const DING_2007: Self = Self {
        a_n_per_s: 4920.0,
        tau1_s: 0.060_601,
        tau2_s: 0.001,
        km: 0.137,
        tauc_s: 0.011,
        r0_minus_km: 1.04,
        r0: R0::FixedAtRest,
        width: Some(WidthLaw { pd0_us: 131.405, pdt_us: 194.138 }),
        current: None,
        fatigue: Fatigue::NONE,
    };

    /// Hmed 2018: Ding 2003 with the current of each pulse; fitted at 30 to 100 mA, 20 to 80 Hz.
    pub const HMED_2018: Self =
        Self { current: Some(CurrentLaw { ar: 0.586, bs_per_ma: 0.026, is_ma: 63.1, cr: 0.833 }), ..Self::DING_2003 };

    /// The rest value of R0.
    pub fn r0_at_rest(&self) -> f64 {
        self.km + self.r0_minus_km
    }
}

/// A constant that can be set: its published name, unit and what is allowed.
#[derive(Debug)]
pub struct Constant {
    /// The published name, in letters.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What is allowed.
    pub allowed: RangeInclusive<f64>,
    /// Whether 0 is allowed too, where the range does not hold it.
    pub or_zero: bool,
    field: fn(&mut Ding) -> Option<&mut f64>,
}

const fn constant(
    name: &'static str,
    unit: &'static str,
    allowed: RangeInclusive<f64>,
    field: fn(&mut Ding) -> Option<&mut f64>,
) -> Constant {
    Constant { name, unit, allowed, or_zero: false, field }
}

/// Every constant, in the order of the page.
pub const CONSTANTS: [Constant; 16] = [
    constant("A", "N/s", 1.0..=1e6, |d| Some(&mut d.a_n_per_s)),
    constant("tau1", "s", 0.005..=1.0, |d| Some(&mut d.tau1_s)),
    constant("tau2", "s", 0.0..=1.0, |d| Some(&mut d.tau2_s)),
    constant("tauc", "s", 0.002..=0.2, |d| Some(&mut d.tauc_s)),
    constant("Km", "", 0.001..=10.0, |d| Some(&mut d.km)),
    constant("R0_minus_Km", "", 0.0..=10.0, |d| Some(&mut d.r0_minus_km)),
    Constant { or_zero: true, ..constant("alpha_A", "1/s^2", -5.0..=-1e-3, |d| Some(&mut d.fatigue.alpha_a)) },
    Constant { or_zero: true, ..constant("alpha_tau1", "1/N", 1e-7..=1e-3, |d| Some(&mut d.fatigue.alpha_tau1)) },
    Constant { or_zero: true, ..constant("alpha_Km", "1/(s N)", 1e-7..=1e-2, |d| Some(&mut d.fatigue.alpha_km)) },
    constant("tau_fat", "s", 10.0..=1e4, |d| Some(&mut d.fatigue.tau_fat_s)),
    constant("PD0", "us", 0.0..=1e3, |d| d.width.as_mut().map(|law| &mut law.pd0_us)),
    constant("PDt", "us", 1.0..=1e4, |d| d.width.as_mut().map(|law| &mut law.pdt_us)),
    constant("ar", "", 0.01..=10.0, |d| d.current.as_mut().map(|law| &mut law.ar)),
    constant("bs", "1/mA", 1e-4..=10.0, |d| d.current.as_mut().map(|law| &mut law.bs_per_ma)),
    constant("Is", "mA", 0.0..=500.0, |d| d.current.as_mut().map(|law| &mut law.is_ma)),
    constant("cr", "", -1.0..=2.0, |d| d.current.as_mut().map(|law| &mut law.cr)),
];

impl Constant {
    /// The constant of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        CONSTANTS.iter().find(|constant| constant.name == name)
    }

    /// Its value in a muscle; none where the model has no such constant.
    pub fn get(&self, muscle: &Ding) -> Option<f64> {
        (self.field)(&mut { *muscle }).copied()
    }

    /// What is allowed, in words.
    pub fn allowed(&self) -> String {
        let zero = if self.or_zero { "0 or " } else { "" };
        let blank = if self.unit.is_empty() { "" } else { " " };
        format!("{zero}{} to {}{blank}{}", self.allowed.start(), self.allowed.end(), self.unit)
    }

    /// Sets it.
    ///
    /// # Errors
    /// What was found and what is allowed; or that the model has no such constant.
    pub fn set(&self, muscle: &mut Ding, value: f64) -> Result<(), String> {
        let Some(field) = (self.field)(muscle) else {
            return Err(format!("{}: this model has no such constant", self.name));
        };
        if !(self.allowed.contains(&value) || (self.or_zero && value == 0.0)) {
            return Err(format!("{}: found {value}; allowed is {}", self.name, self.allowed()));
        }
        *field = value;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_every_constant_is_set_and_read_by_its_name() {
        let mut muscle = Ding { width: Ding::DING_2007.width, ..Ding::HMED_2018 };
        for constant in &CONSTANTS {
            let value = *constant.allowed.end();
            constant.set(&mut muscle, value).unwrap();
            assert_eq!(constant.get(&muscle), Some(value), "{}", constant.name);
        }
        assert_eq!(Constant::named("A").unwrap().get(&muscle), Some(1e6), "no constant has set another");
        assert!(Constant::named("PD0").unwrap().set(&mut Ding::DING_2003.clone(), 100.0).is_err());
    }

    #[test]
    fn verif_published_values_are_allowed_and_those_in_milliseconds_are_not() {
        for muscle in [Ding::DING_2003, Ding::DING_2007, Ding::HMED_2018] {
            for constant in &CONSTANTS {
                let Some(value) = constant.get(&muscle) else { continue };
                constant.set(&mut muscle.clone(), value).unwrap_or_else(|why| panic!("{why}"));
            }
        }
        let slips = [("alpha_A", -4.0e-7), ("alpha_Km", 1.9e-8), ("tau1", 50.957), ("tauc", 20.0)];
        for (name, value) in slips {
            assert!(Constant::named(name).unwrap().set(&mut Ding::DING_2003.clone(), value).is_err(), "{name}");
        }
    }

    #[test]
    fn verif_widths_and_currents_below_threshold_do_nothing() {
        let (width, current) = (Ding::DING_2007.width.unwrap(), Ding::HMED_2018.current.unwrap());
        assert_eq!((width.share(0.0), width.share(131.405), current.share(0.0)), (0.0, 0.0, 0.0));
        assert!(
            (width.share(600.0) - (1.0 - crate::math::exp(-468.595 / 194.138))).abs() < 1e-12,
            "{}",
            width.share(600.0)
        );
        assert!(current.share(17.1) > 0.0 && current.share(16.9) == 0.0 && current.share(1e3) < 1.0742);
    }
}
