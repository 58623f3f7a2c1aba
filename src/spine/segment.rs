//! What a motion segment does without muscles: soft in its neutral zone, stiff beyond.
//!
//! The stiffness is constant within the neutral zone (Panjabi 2003), rises in a straight line beyond it, and is
//! constant again. Moment and energy are its integrals, so that nothing is gained or lost on any way there and back.
//! Not modelled: damping, creep, and that compression stiffens a segment (Crisco 2007).

/// The passive part of a joint, the same in both directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PassiveJoint {
    /// Stiffness within the neutral zone, Nm/rad; above 0.
    pub neutral_nm_per_rad: f64,
    /// Stiffness far outside, Nm/rad; not below that of the neutral zone.
    pub elastic_nm_per_rad: f64,
    /// How far the neutral zone reaches in each direction, rad.
    pub neutral_zone_rad: f64,
    /// Over how much beyond it the stiffness rises, rad; above 0.
    pub ramp_rad: f64,
}

impl PassiveJoint {
    /// The stiffness at an angle, Nm/rad.
    pub fn stiffness_nm_per_rad(&self, angle_rad: f64) -> f64 {
        let beyond = (angle_rad.abs() - self.neutral_zone_rad).max(0.0);
        self.neutral_nm_per_rad + self.rise() * (beyond / self.ramp_rad).min(1.0)
    }

    /// The moment that turns it back, Nm; of the sign of the angle.
    pub fn moment_nm(&self, angle_rad: f64) -> f64 {
        let beyond = (angle_rad.abs() - self.neutral_zone_rad).max(0.0);
        let ramp = self.ramp_rad;
        let added = if beyond < ramp { beyond * beyond / (2.0 * ramp) } else { beyond - ramp / 2.0 };
        let moment_nm = self.neutral_nm_per_rad * angle_rad.abs() + self.rise() * added;
        if angle_rad < 0.0 { -moment_nm } else { moment_nm }
    }

    /// The energy stored at an angle, J.
    pub fn energy_j(&self, angle_rad: f64) -> f64 {
        let beyond = (angle_rad.abs() - self.neutral_zone_rad).max(0.0);
        let ramp = self.ramp_rad;
        let past = (beyond - ramp).max(0.0);
        let within = beyond.min(ramp);
        let added = within * within * within / (6.0 * ramp) + past * (ramp / 2.0 + past / 2.0);
        self.neutral_nm_per_rad * angle_rad * angle_rad / 2.0 + self.rise() * added
    }

    fn rise(&self) -> f64 {
        self.elastic_nm_per_rad - self.neutral_nm_per_rad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOINT: PassiveJoint =
        PassiveJoint { neutral_nm_per_rad: 33.0, elastic_nm_per_rad: 450.0, neutral_zone_rad: 0.026, ramp_rad: 0.09 };

    #[test]
    fn verif_the_moment_is_the_slope_of_the_energy_and_the_stiffness_that_of_the_moment() {
        let h = 1e-6;
        for i in -400..=400 {
            let angle = f64::from(i) * 1e-3 + 3e-5;
            let moment = (JOINT.energy_j(angle + h) - JOINT.energy_j(angle - h)) / (2.0 * h);
            assert!((JOINT.moment_nm(angle) - moment).abs() < 1e-6, "{angle}");
            let stiffness = (JOINT.moment_nm(angle + h) - JOINT.moment_nm(angle - h)) / (2.0 * h);
            assert!((JOINT.stiffness_nm_per_rad(angle) - stiffness).abs() < 2e-2, "{angle}");
            assert_eq!(JOINT.moment_nm(-angle), -JOINT.moment_nm(angle));
        }
        assert_eq!([JOINT.moment_nm(0.0), JOINT.energy_j(0.0)], [0.0, 0.0]);
    }

    /// Out to one side, over to the other and back home: what the segment takes it gives back.
    #[test]
    fn verif_no_work_is_done_around_a_closed_loop() {
        let steps = 200_000;
        let angle = |i: i32| 0.3 * crate::math::sin(2.0 * std::f64::consts::PI * f64::from(i) / f64::from(steps));
        let mut work_j = 0.0;
        let mut turned = 0.0;
        for i in 0..steps {
            let (from, to) = (angle(i), angle(i + 1));
            work_j += (JOINT.moment_nm(from) + JOINT.moment_nm(to)) / 2.0 * (to - from);
            turned += JOINT.moment_nm(from).abs() * (to - from).abs();
        }
        assert!(work_j.abs() < 1e-9 * turned, "{work_j} J of {turned} J moved");
    }
}
