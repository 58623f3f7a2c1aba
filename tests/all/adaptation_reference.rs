//! What months change, against what was measured (see `assets/adaptation/default.ron` for what was fitted).
//!
//! Thresholds: guesses; months are told their dose.

use crate::scenario;
use stimtwin::adaptation::multifidus::{DayDose, Multifidus};
use stimtwin::side::Side;

/// A healthy muscle under that activity, and a dose each day.
fn after(days: usize, activity: f64, dose: impl Fn(usize) -> DayDose) -> Multifidus {
    let scenario = scenario(&crate::therapy("1 s", "").replace("mechanical-clbp", "healthy"));
    let start = &scenario.patient.sides[Side::Left];
    let mut muscle = Multifidus::new(Side::Left, start, activity, scenario.rates.clone());
    for day in 0..days {
        muscle.adapt(dose(day), 1.0);
    }
    muscle
}

fn no_dose(_: usize) -> DayDose {
    DayDose::default()
}

#[test]
fn val_wall_2014_immobilisation() {
    // Quadriceps: area −3.5 ± 0.5 % after 5 days, −8.4 ± 2.8 % after 14; strength −9.0 ± 2.3 and −22.9 ± 2.6 %.
    for (days, area, area_se, strength, strength_se) in [(5, 3.5, 0.5, 9.0, 2.3), (14, 8.4, 2.8, 22.9, 2.6)] {
        let muscle = after(days, 0.0, no_dose);
        let area_lost = (1.0 - muscle.state().size) * 100.0;
        let strength_lost = (1.0 - muscle.state().size * muscle.state().drive) * 100.0;
        assert!((area_lost - area).abs() < 2.0 * area_se, "{days} days: area −{area_lost} %");
        assert!((strength_lost - strength).abs() < 2.0 * strength_se, "{days} days: strength −{strength_lost} %");
    }
}

#[test]
fn val_wakahara_2019_low_force_does_not_grow() {
    // Five days a week at modest force, 12 weeks: no change of area.
    let gentle = DayDose { impulse_s: 300.0, peak: 0.25, pulled_s: 600.0 };
    let muscle = after(84, 1.0, |day| if day % 7 < 5 { gentle } else { DayDose::default() });
    assert!((muscle.state().size - 1.0).abs() < 1e-3, "{}", muscle.state().size);
}

#[test]
fn val_akagi_2024_hard_stimulation_grows() {
    // Three days a week, 8 weeks: volume +3.3 to +6.4 %.
    let hard = DayDose { impulse_s: 300.0, peak: 1.0, pulled_s: 900.0 };
    let muscle = after(56, 1.0, |day| if day % 7 % 2 == 0 && day % 7 < 5 { hard } else { DayDose::default() });
    let gain = (muscle.state().size - 1.0) * 100.0;
    assert!((3.3..=6.4).contains(&gain), "+{gain} %");
}

#[test]
fn val_type_i_fibres_follow_continuous_stimulation_and_return() {
    // Brown and Salmons: about 70 % after 6 weeks all day long; back to control 3 to 4 weeks after.
    let all_day = DayDose { impulse_s: 300.0, peak: 0.2, pulled_s: 86_400.0 };
    let start = after(0, 1.0, no_dose).state().type_i_fraction;
    let end = after(42, 1.0, |_| all_day).state().type_i_fraction;
    assert!((end - 0.70).abs() < 0.02, "{end}");
    let returned = after(42 + 84, 1.0, |day| if day < 42 { all_day } else { DayDose::default() });
    assert!((returned.state().type_i_fraction - start).abs() < 0.005);
}

#[test]
fn verif_a_healthy_day_changes_nothing() {
    let muscle = after(1000, 1.0, no_dose);
    assert_eq!(muscle.state(), muscle.start());
}

#[test]
fn verif_the_patients_begin_where_their_life_holds_them() {
    // Without therapy, a year moves neither size nor drive: what therapy changes is its own.
    for patient in ["mechanical-clbp", "severe-atrophy"] {
        let scenario = scenario(&crate::therapy("1 s", "").replace("mechanical-clbp", patient));
        let start = &scenario.patient.sides[Side::Left];
        let mut muscle = Multifidus::new(Side::Left, start, scenario.patient.activity.value, scenario.rates.clone());
        (0..365).for_each(|_| muscle.adapt(DayDose::default(), 1.0));
        let (now, start) = (muscle.state(), muscle.start());
        assert!((now.size / start.size - 1.0).abs() < 1e-3, "{patient}: {} to {}", start.size, now.size);
        assert!((now.drive / start.drive - 1.0).abs() < 2e-3, "{patient}: {} to {}", start.drive, now.drive);
    }
}
