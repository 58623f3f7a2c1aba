//! The generator and the leads: counts, instants and charge.
//!
//! Thresholds: of the axon where a test asks who fires, guesses where it counts pulses and charge.

use crate::{scenario, shipped_summary, summary, therapy, therapy_by_axons};
use stimtwin::run::summary::SideSummary;
use stimtwin::time::SimTime;

const SESSION: &str = "timeline: [(at: \"0 s\", do: StartSession)],";

fn session(duration: &str, program: &str) -> stimtwin::run::summary::Summary {
    summary(&scenario(&therapy_by_axons(duration, &format!("program: ({program}), {SESSION}"))))
}

#[test]
fn verif_a_session_has_12_000_pulses_and_its_charge() {
    let summary = shipped_summary("first-session");
    for side in [&summary.left, &summary.right] {
        assert_eq!(side.pulses, 12_000);
        assert_eq!(side.trains, 60);
        // 12,000 pulses of 1 mA for 214 µs.
        assert_eq!(side.charge.commanded_uc, 2568.0);
        assert_eq!(side.charge.delivered_uc, 2568.0);
        assert_eq!(side.charge.quantised_uc, 2568.0);
        assert!((side.charge.recovered_uc - 2568.0).abs() < 1e-6, "{}", side.charge.recovered_uc);
        assert!(side.charge.residual_uc.abs() < 1e-6, "{}", side.charge.residual_uc);
        assert_eq!(side.charge.leaked_uc, 0.0);
    }
}

#[test]
fn verif_one_side_alone_leaves_the_other_silent() {
    let summary = session("60 s", "session: \"1 min\", coordination: LeftOnly, both: (amplitude_ma: 1.0)");
    assert_eq!((summary.left.pulses, summary.right.pulses), (400, 0));
    assert_eq!(summary.right.peak_force_n, 0.0);
}

#[test]
fn verif_alternating_sides_pull_in_turn() {
    let text = therapy_by_axons(
        "1 min",
        &format!(
            "program: (session: \"1 min\", coordination: Alternating, both: (amplitude_ma: 1.0)), {SESSION} \
             record: [(every: \"5 s\", from: \"4 s\", probes: [\"left.pulses_count\", \"right.pulses_count\"])],"
        ),
    );
    let scenario = scenario(&text);
    let mut simulation = stimtwin::sim::Simulation::new(&scenario, None);
    simulation.advance_to(scenario.duration).unwrap();
    let rows = &simulation.take_rows()[0];
    let counts: Vec<(f64, f64)> = rows.columns[0].iter().copied().zip(rows.columns[1].iter().copied()).collect();
    // Left from 0, 30 s for 10 s each; right from 15, 45 s.
    assert_eq!(counts[0], (80.0, 0.0));
    assert_eq!(counts[2], (200.0, 0.0));
    assert_eq!(counts[3], (200.0, 80.0));
    assert_eq!(counts[5], (200.0, 200.0));
    assert_eq!(*counts.last().unwrap(), (400.0, 400.0));
}

#[test]
fn verif_cathodic_first_is_negative_and_recruits_more_than_anodic_first() {
    let recruited = |order: &str| {
        let program =
            format!("session: \"1 min\", both: (amplitude_ma: 0.45, phase_order: {order}, recharge: Passive)");
        session("5 s", &program).left.recruited_fraction
    };
    assert!(recruited("CathodicFirst") > 0.3);
    assert!(recruited("AnodicFirst") < 0.1);
}

#[test]
fn verif_a_gap_and_a_weak_recharge_recruit_more() {
    let recruited = |settings: &str| {
        let program = format!("session: \"1 min\", both: (amplitude_ma: 0.45, {settings})");
        session("5 s", &program).left.recruited_fraction
    };
    let symmetric = recruited("recharge: Active(times: 1)");
    assert!(recruited("interphase_gap_us: 100") > symmetric);
    assert!(recruited("recharge: Active(times: 9)") > symmetric);
    assert!(recruited("width_us: 300") > symmetric);
    assert!(recruited("width_us: 100") < symmetric);
}

#[test]
fn verif_the_charge_of_an_asymmetric_pulse_comes_back() {
    let summary = session("1 min", "session: \"1 min\", both: (amplitude_ma: 0.9, recharge: Active(times: 9))");
    let charge = summary.left.charge;
    assert!((charge.delivered_uc - charge.recovered_uc).abs() < 1e-6, "{charge:?}");
    assert!(charge.residual_uc.abs() < 1e-6, "{charge:?}");
}

#[test]
fn verif_passive_recharge_brings_the_charge_back_by_the_next_train() {
    let summary = session("5 min", "session: \"4 min\", both: (amplitude_ma: 1.0, recharge: Passive)");
    let SideSummary { charge, .. } = summary.left;
    assert_eq!(charge.delivered_uc, charge.commanded_uc);
    assert!(charge.residual_uc.abs() < 1e-9, "{}", charge.residual_uc);
    assert!((charge.recovered_uc - charge.delivered_uc).abs() < 1e-9);
}

#[test]
fn verif_what_a_pulse_leaves_decays_with_the_loop_and_the_capacitor() {
    let text = therapy(
        "50 ms",
        &format!(
            "program: (session: \"1 min\", both: (amplitude_ma: 1.0, recharge: Passive)), {SESSION} \
             record: [(every: \"1 ms\", \
               probes: [\"left.residual_uc\", \"left.E0.residual_uc\", \"left.E2.residual_uc\"])],"
        ),
    );
    let scenario = scenario(&text);
    let mut simulation = stimtwin::sim::Simulation::new(&scenario, None);
    simulation.advance_to(scenario.duration).unwrap();
    let rows = &simulation.take_rows()[0];
    // Two contacts and two blocking capacitors in series; charge transfer is too slow to matter in 50 ms.
    let contact = scenario.implant.contact(0);
    let encapsulation_ohm = scenario.implant.encapsulation_ohm.value * scenario.implant.encapsulated(SimTime::DAY * 14);
    let loop_ohm = 2.0 * (contact.resistance_ohm() + encapsulation_ohm) + scenario.device.discharge_ohm.value;
    let blocking_f = scenario.device.blocking_capacitor_uf.value * 1e-6;
    let series_f = 0.5 / (1.0 / blocking_f + 1.0 / contact.surface().double_layer_f());
    for (at, residual) in rows.times.iter().zip(&rows.columns[0]).skip(1) {
        let expected = -0.214 * stimtwin::math::exp(-(at.as_secs() - 214e-6) / (loop_ohm * series_f));
        assert!((residual - expected).abs() < 0.02 * 0.214, "{at}: {residual} for {expected}");
    }
    assert!(rows.columns[1].iter().zip(&rows.columns[2]).all(|(cathode, anode)| (cathode + anode).abs() < 1e-11));
}

#[test]
fn verif_rare_samples_do_not_hang() {
    let text = therapy("10 days", "record: [(every: \"2 days\", probes: [\"left.size_fraction\"])],");
    assert_eq!(summary(&scenario(&text)).simulated_s, 864_000.0);
}

#[test]
fn verif_ramps_rise_and_fall() {
    let flat = session("30 s", "session: \"1 min\", both: (amplitude_ma: 1.0)").left.charge.commanded_uc;
    let ramped = session("30 s", "session: \"1 min\", both: (amplitude_ma: 1.0, ramp_up: \"2 s\", ramp_down: \"1 s\")");
    // 40 pulses up and 20 down carry half as much on average.
    let expected = flat - 30.0 * 0.214;
    assert!((ramped.left.charge.commanded_uc - expected).abs() < 0.1, "{}", ramped.left.charge.commanded_uc);
    assert_eq!(ramped.left.pulses, 200);
}

#[test]
fn verif_what_the_voltage_cannot_push_is_withheld() {
    let summary = shipped_summary("lead-fault");
    let left = &summary.left.charge;
    assert!((left.commanded_uc - left.delivered_uc - left.withheld_uc).abs() < 1e-9);
    assert!(left.withheld_uc > 0.0 && left.residual_uc.abs() < 1e-3, "{left:?}");
    // The right side loses its last trains: the conductor of its only cathode breaks.
    assert!(summary.right.charge.withheld_uc > 0.0);
}

#[test]
fn verif_cathodes_share_the_current_and_a_broken_one_leaves_it_to_the_others() {
    let with = |faults: &str| {
        let fields = format!(
            "program: (session: \"1 min\", both: (amplitude_ma: 1.0, cathodes: [E0, E1], anodes: [Case])), \
             timeline: [{faults} (at: \"0 s\", do: StartSession)],"
        );
        summary(&scenario(&therapy_by_axons("30 s", &fields)))
    };
    let delivered = |summary: &stimtwin::run::summary::Summary| {
        summary.left.contacts.iter().map(|contact| contact.charge.delivered_uc).collect::<Vec<_>>()
    };
    let intact = with("");
    assert!((delivered(&intact)[0] - delivered(&intact)[1]).abs() < 1e-6);
    assert!((delivered(&intact)[4] - 42.8).abs() < 1e-9, "the case takes all back");
    let broken = with("(at: \"0 s\", do: BreakConductor(side: Left, contact: E0)),");
    assert_eq!(delivered(&broken)[0], 0.0);
    assert!((delivered(&broken)[1] - 42.8).abs() < 1e-9);
}

#[test]
fn verif_opennerve_alternates_and_discharges() {
    let text = therapy(
        "2 min",
        &format!(
            "program: (session: \"2 min\", both: (amplitude_ma: 1.0, safe_amplitude_ma: 5.0, rate_hz: 10)), {SESSION}"
        ),
    )
    .replace("restorative", "opennerve-gen2");
    let summary = summary(&scenario(&text));
    // Two pulses a cycle: 10 s on, 90 s off, 20 Hz.
    assert_eq!(summary.left.pulses, 400);
    assert!(summary.left.charge.residual_uc.abs() < 1e-3, "{}", summary.left.charge.residual_uc);
}

#[test]
fn verif_fast_pulses_meet_refractory_axons() {
    // OpenNerve at 1000 Hz makes 2000 pulses a second; an axon fires every 3 ms at most.
    let text = therapy_by_axons(
        "30 s",
        &format!(
            "program: (session: \"2 min\", both: (amplitude_ma: 2.0, safe_amplitude_ma: 5.0, width_us: 100, \
             rate_hz: 1000)), {SESSION} \
             record: [(every: \"1 s\", probes: [\"left.force_n\"])],"
        ),
    )
    .replace("restorative", "opennerve-gen2");
    let summary = summary(&scenario(&text));
    assert_eq!(summary.left.pulses, 20_000);
    // Fused, but not more than a tetanus.
    assert!(summary.left.peak_force_n > 20.0 && summary.left.peak_force_n <= summary.left.max_force_n.start);
}

#[test]
fn verif_settings_of_a_side_are_read_over_those_of_both() {
    let program = "both: (amplitude_ma: 1.0, cathodes: [E1]), left: (anodes: [E3]), right: (anodes: [E3])";
    let text = therapy("1 min", &format!("program: ({program}), {SESSION}")).replace("restorative", "opennerve-gen2");
    let summary = summary(&scenario(&text));
    assert!(summary.left.contacts[3].charge.delivered_uc > 0.0 && summary.left.contacts[0].charge.delivered_uc == 0.0);
}

/// Runs a program on a healthy patient one of whose profiles has been changed.
fn with_profile(profile: &str, changes: &[(&str, &str)], duration: &str, program: &str) -> SideSummary {
    let folder = tempfile::tempdir().unwrap();
    let read = |path: &str| std::fs::read_to_string(crate::root().join(path)).unwrap();
    let mut text = read(&format!("assets/{profile}.ron"));
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let name = profile.split('/').next_back().unwrap();
    let patient = read("assets/patients/healthy.ron").replace(&format!("\"{name}\""), "\"changed.ron\"");
    std::fs::write(folder.path().join("changed.ron"), text).unwrap();
    std::fs::write(folder.path().join("patient.ron"), patient).unwrap();
    let text = therapy_by_axons(duration, &format!("program: (both: ({program})), {SESSION}"))
        .replace("mechanical-clbp", "patient.ron");
    summary(&stimtwin::scenario::Scenario::from_text("f.ron", &text, folder.path()).unwrap()).right
}

/// A nerve along each axis, through the very centre of a contact: it fires.
#[test]
fn verif_no_place_of_a_nerve_makes_it_deaf() {
    for towards in ["20.0, 88.8, 13.1", "20.0, 89.8, 12.1", "21.0, 88.8, 12.1"] {
        let towards = format!("[{towards}]");
        let changes = [
            ("[17.0, 88.8, 12.1]", "[20.0, 88.8, 12.1]"),
            ("[19.4, 83.1, 20.5]", towards.as_str()),
            ("radius_mm: (value: 0.5", "radius_mm: (value: 0.0"),
        ];
        let side = with_profile("nerve/l2-medial-branch", &changes, "5 s", "amplitude_ma: 1.0, anodes: [Case]");
        assert_eq!(side.recruited_fraction, 1.0, "{towards}");
    }
}

#[test]
fn verif_fatigue_never_takes_more_than_there_is() {
    let changes = [
        ("fatigue_rate_per_s: (value: 0.0225", "fatigue_rate_per_s: (value: 1.0"),
        ("type_i_fraction: (value: 0.62", "type_i_fraction: (value: 0.95"),
    ];
    let side = with_profile("muscles/multifidus-l2", &changes, "2 min", "amplitude_ma: 1.0, rate_hz: 40");
    assert!(side.tired_fraction > 0.9 && side.tired_fraction <= 1.0, "{}", side.tired_fraction);
}

#[test]
fn verif_what_is_on_a_broken_contact_stays() {
    let program =
        "session: \"1 min\", both: (amplitude_ma: 1.0, cathodes: [E0, E2], anodes: [E1, E3], recharge: Passive)";
    let text = therapy(
        "10 s",
        &format!(
            "program: ({program}), timeline: [(at: \"0 s\", do: StartSession), \
               (at: \"2000.3 ms\", do: BreakConductor(side: Left, contact: E0)), (at: \"2000.3 ms\", do: StopSession)],"
        ),
    );
    let summary = summary(&scenario(&text));
    let residual = |side: &SideSummary, contact: usize| side.contacts[contact].charge.residual_uc;
    assert!(residual(&summary.left, 0) < -0.05, "{}", residual(&summary.left, 0));
    assert!(residual(&summary.right, 0).abs() < 2e-3, "{}", residual(&summary.right, 0));
}

/// Encapsulation adds the same to each ring, and raises thresholds.
#[test]
fn verif_impedance_and_thresholds_drift_with_encapsulation() {
    let text = therapy_by_axons(
        "60 days",
        "implanted_before: \"0 s\", timeline: [(at: \"10 s\", do: TestImpedance), \
           (at: \"59 days\", do: TestImpedance)],",
    );
    let scenario = scenario(&text);
    let mut simulation = stimtwin::sim::Simulation::new(&scenario, None);
    simulation.advance_to(scenario.duration).unwrap();
    let ohms: Vec<f64> = simulation
        .take_events()
        .into_iter()
        .filter_map(|event| match event.kind {
            stimtwin::record::events::EventKind::ImpedanceMeasured { ohm, .. } => Some(ohm),
            _ => None,
        })
        .collect();
    assert_eq!(ohms.len(), 4, "both sides, twice");
    let implant = &scenario.implant;
    let grown = implant.encapsulation_ohm.value * implant.encapsulated(SimTime::DAY * 59);
    let resolution_ohm = scenario.device.impedance.resolution_mv.value / scenario.device.impedance.current_ma.value;
    assert!((ohms[2] - ohms[0] - 2.0 * grown).abs() <= 2.0 * resolution_ohm, "{ohms:?}, {grown}");
    let loop_ohm = 2.0 * implant.contact(0).resistance_ohm();
    assert!((ohms[0] - loop_ohm).abs() <= resolution_ohm, "{} for {loop_ohm}", ohms[0]);

    let recruited = |implanted: &str| {
        let fields = format!("implanted_before: \"{implanted}\", program: (both: (amplitude_ma: 0.5)), {SESSION}");
        summary(&crate::scenario(&therapy_by_axons("5 s", &fields))).left.recruited_fraction
    };
    assert!(recruited("1 h") > recruited("200 days"));
}

/// Every second pulse is anodic first and fires fewer axons.
#[test]
fn verif_alternating_polarity_pulls_less_than_cathodic_and_more_than_anodic_first() {
    let force = |order: &str| {
        let program = format!("session: \"1 min\", both: (amplitude_ma: 0.6, phase_order: {order}, recharge: Passive)");
        session("12 s", &program).left.mean_force_n.unwrap_or_default()
    };
    let (cathodic, alternating, anodic) = (force("CathodicFirst"), force("Alternating"), force("AnodicFirst"));
    assert!(cathodic > alternating && alternating > anodic, "{cathodic} {alternating} {anodic}");
}

/// A pulse of a burst comes after the period of the burst; an arbitrary waveform that says the same as width and
/// recharge does the same.
#[test]
fn verif_bursts_and_edges() {
    let burst = session("10 s", "session: \"1 min\", both: (amplitude_ma: 1.0, burst: (pulses: 3, period_us: 2000))");
    assert_eq!(burst.left.pulses, 600);
    let plain = session("30 s", "session: \"1 min\", both: (amplitude_ma: 1.0)").left;
    let edges = "edges: [(at_us: 0, level: 1), (at_us: 214, level: -1), (at_us: 428, level: 0)]";
    let drawn = session("30 s", &format!("session: \"1 min\", both: (amplitude_ma: 1.0, {edges})")).left;
    assert_eq!(plain.charge, drawn.charge);
    assert_eq!(plain.peak_force_n, drawn.peak_force_n);
    let split =
        "edges: [(at_us: 0, level: 1), (at_us: 100, level: 0.5), (at_us: 328, level: -1), (at_us: 542, level: 0)]";
    let charge = session("30 s", &format!("session: \"1 min\", both: (amplitude_ma: 1.0, {split})")).left.charge;
    assert!((charge.delivered_uc - plain.charge.delivered_uc).abs() < 1e-6, "{charge:?}");
}
