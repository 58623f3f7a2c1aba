//! What a device would make of a draft and what would flow of it, worked out while a hand is still on the mouse.
//!
//! The pulse is put through the same output stage and the same circuit as in a run, on a copy of the lead on which no
//! charge lies; whom it fires comes from the same law of thresholds. Nothing of the simulation is touched.

use std::sync::Arc;

use crate::device::battery::Battery;
use crate::device::output::OutputFaults;
use crate::device::profile::DeviceProfile;
use crate::device::program::SideProgram;
use crate::device::pulse::{MAX_PHASES, Phase, Waveform, microcoulombs};
use crate::device::safety::shannon_k;
use crate::lead::conductor::TERMINALS;
use crate::lead::faults::LeadFaults;
use crate::lead::trial::{Tried, pulse_of};
use crate::nerve::layout::{Layout, Slice};
use crate::nerve::recruitment::{Question, Recruitment, all_threads};
use crate::nerve::surrogate::Accuracy;
use crate::record::probe::SideView;
use crate::sandbox::recruiter::{self, Answer, Stage};
use crate::scenario::write::Settings;
use crate::side::BySide;
use crate::time::SimTime;

/// Cells of a slice across the nerve, to each side.
const CELLS: usize = 28;

/// A figure held against a limit of the device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margin {
    /// The limit, as its field in the profile is called.
    pub limit: &'static str,
    /// The figure found, in the limit's unit.
    pub found: f64,
    /// The figure allowed.
    pub allowed: f64,
    /// The contact that comes nearest to it, among `CONTACT_NAMES`.
    pub contact: usize,
}

/// The field across the nerve, and the axons in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The potential.
    pub slice: Arc<Slice>,
    /// The axons and the pulse.
    pub question: Arc<Question>,
    /// Their thresholds.
    pub recruitment: Arc<Recruitment>,
}

/// What becomes of a draft of one side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// The pulse as the draft asks for it; a pulse of an alternating pair is the cathodic one.
    pub asked: Waveform,
    /// The pulse as converter and timer make it.
    pub made: Waveform,
    /// What flows of it: the mean current of each phase.
    pub flowed: Waveform,
    /// Current out of the cathodes' bus, mA, and voltage across the load, V, at times since the beginning, s.
    pub trace: Vec<(f64, f64, f64)>,
    /// The voltage does not suffice for some phase.
    pub limited: bool,
    /// All but no current flows: a conductor is broken, or no contact is chosen.
    pub open: bool,
    /// The voltage across the load at the end of the first phase, V, without sign, and what the stage can push, V.
    pub load_v: f64,
    /// See `load_v`.
    pub rail_v: f64,
    /// Charge of the stimulating phases that flows, µC.
    pub charge_uc: f64,
    /// Charge that all phases together leave on the cathodes, nC, before anything is shorted.
    pub left_nc: f64,
    /// Whether the terminals are shorted after the pulse.
    pub shorted_after: bool,
    /// Figures against limits, each at its worst contact.
    pub margins: Vec<Margin>,
    /// The part of a train in which current flows.
    pub duty: f64,
    /// Charge that the output stage pushes for a pulse, aC, and pulses per second of a train.
    pub moved_ac: i128,
    /// See `moved_ac`.
    pub pulses_per_s: f64,
    /// The part of a session in which trains are on.
    pub on_fraction: f64,
    /// Amplitude at which each motor axon fires, nA, rising; not finite where it never does.
    pub thresholds_na: Vec<f64>,
    /// The same of the afferents.
    pub afferents_na: Vec<f64>,
    /// The field across the nerve and who fires in it; none where nothing flows, and for a field from a file.
    pub field: Option<Field>,
    /// How far thresholds are worked out; none where nothing flows.
    pub stage: Option<Stage>,
    /// How far they are off where a surrogate tells them.
    pub accuracy: Option<Accuracy>,
    /// The largest amplitude that the voltage can push, nA; none where no current flows.
    pub compliance_na: Option<f64>,
    /// Amplitude that really flows in the stimulating phase, nA.
    pub flowing_na: f64,
    /// The share of the current through each contact, cathodes positive, anodes negative.
    pub shares: [f64; TERMINALS],
}

impl Preview {
    /// The fraction of the motor axons that an amplitude fires, nA.
    pub fn recruited(&self, amplitude_na: f64) -> f64 {
        Recruitment::fraction(&self.thresholds_na, amplitude_na)
    }

    /// The fraction of the afferents that an amplitude fires, nA.
    pub fn felt(&self, amplitude_na: f64) -> f64 {
        Recruitment::fraction(&self.afferents_na, amplitude_na)
    }

    /// Takes over what is known about the thresholds.
    fn tell(&mut self, answer: &Answer) {
        if let Some(field) = &mut self.field {
            field.recruitment = answer.recruitment.clone();
        }
        let sorted = |thresholds_ma: &[f64]| {
            let mut thresholds_na: Vec<f64> = thresholds_ma.iter().map(|ma| ma * 1e6).collect();
            thresholds_na.sort_by(f64::total_cmp);
            thresholds_na
        };
        self.thresholds_na = sorted(&answer.recruitment.motor_ma);
        self.afferents_na = sorted(&answer.recruitment.afferent_ma);
        self.stage = Some(answer.stage);
        self.accuracy = answer.recruitment.accuracy;
    }

    /// The lowest threshold, nA: where the muscle begins to move.
    pub fn motor_threshold_na(&self) -> Option<f64> {
        self.thresholds_na.first().copied().filter(|threshold| threshold.is_finite())
    }

    /// The amplitude that fires half of the axons, nA.
    pub fn half_na(&self) -> Option<f64> {
        let middle = self.thresholds_na.len().checked_sub(1)? / 2;
        self.thresholds_na.get(middle).copied().filter(|threshold| threshold.is_finite())
    }

    /// The margin of that limit.
    pub fn margin(&self, limit: &str) -> Option<&Margin> {
        self.margins.iter().find(|margin| margin.limit == limit)
    }

    /// Mean current at the output while a train is on, µA.
    pub fn mean_ua(&self) -> f64 {
        microcoulombs(self.moved_ac) * self.pulses_per_s
    }

    /// Mean current that stimulation takes out of the battery in a session, µA.
    pub fn battery_ua(&self, battery: &Battery, device: &DeviceProfile) -> f64 {
        let pulse_ac = battery.pulse_charge_ac(self.moved_ac, device.compliance_v.value);
        microcoulombs(pulse_ac) * self.pulses_per_s * self.on_fraction
    }
}

/// What becomes of a draft of the side that is looked at, with the fast thresholds that a run has. Pure: nothing is
/// changed.
pub fn preview(settings: &Settings, view: &SideView<'_>) -> Preview {
    let fast = |question: &Question| Answer { recruitment: Arc::new(question.fast(all_threads())), stage: Stage::Fast };
    let (mut preview, question) = without_thresholds(settings, view);
    match question {
        Some(question) => preview.tell(&fast(&question)),
        None => preview.thresholds_na = vec![f64::INFINITY; view.nerve.axons().len()],
    }
    preview
}

/// What becomes of a draft but for its thresholds, and what to ask for them; nothing where no current flows.
fn without_thresholds(settings: &Settings, view: &SideView<'_>) -> (Preview, Option<Arc<Question>>) {
    let device: &DeviceProfile = &view.generator.profile;
    let program = settings.program(device);
    let rail_v = device.rail_uv() as f64 * 1e-6;
    let shorts = device.shorts_between;
    // A rate or edges that no device makes have no pulse to be shown.
    if !settings.rate_hz.is_finite() || settings.rate_hz <= 0.0 || program.edges.len() > MAX_PHASES {
        return (Preview { rail_v, open: true, shorted_after: shorts, ..Preview::default() }, None);
    }
    let pulse = pulse_of(&program, program.amplitude_na, view.lead.side, device, &view.generator.output_faults());
    let pulses_per_s = f64::from(program.burst.pulses) / program.period.as_secs();
    let flows = |phase: &&Phase| phase.current_na != 0;
    let flowing = pulse.made.phases().iter().filter(flows).fold(SimTime::ZERO, |sum, phase| sum + phase.width);
    let plain = Preview {
        asked: pulse.asked,
        made: pulse.made,
        rail_v,
        open: true,
        shorted_after: pulse.made.shorted_after,
        pulses_per_s,
        duty: flowing.as_secs() * pulses_per_s,
        on_fraction: program.on.as_secs() / program.cycle().as_secs(),
        ..Preview::default()
    };
    let usable = !program.cathodes.is_empty()
        && !program.anodes.is_empty()
        && program.cathodes.and(program.anodes).is_empty()
        && !pulse.made.phases().is_empty();
    if !usable {
        return (plain, None);
    }
    let mut tried = Tried::new(&pulse, view);
    let probe = if program.amplitude_na > 0 { None } else { Some(Tried::probe(&program, view)) };
    let (flowed, shares) = probe.as_ref().map_or((tried.flowed, tried.shares), |probe| (probe.flowed, probe.shares));
    let flows = flowed.stimulus().current_na != 0 && shares.iter().any(|share| *share != 0.0);
    let question = flows.then(|| Arc::new(view.nerve.question(flowed, &shares)));
    let field = question.as_ref().and_then(|question| {
        let slice = Arc::new(view.nerve.layout().slice(&shares, view.nerve.radius_mm(), CELLS)?);
        let nothing = Recruitment { motor_ma: Vec::new(), afferent_ma: Vec::new(), accuracy: None };
        Some(Field { slice, question: question.clone(), recruitment: Arc::new(nothing) })
    });
    let (load_v, of_na) = probe
        .as_ref()
        .map_or((tried.sensed.load_v, tried.sensed.made_na), |probe| (probe.sensed.load_v, probe.sensed.made_na));
    let open = probe.as_ref().map_or(tried.sensed.open_circuit, |probe| probe.sensed.open_circuit);
    let limited = tried.sensed.limited && !open;
    // Up to where the voltage gives out it grows with the current; beyond, a smaller current has to tell.
    let below = limited.then(|| Tried::below(&program, view));
    let (load_v, of_na) = below.map_or((load_v, of_na), |below| (below.load_v, below.made_na));
    let compliance_na = (!open && load_v != 0.0).then(|| rail_v / load_v.abs() * of_na as f64);
    let preview = Preview {
        flowed: tried.flowed,
        trace: tried.trace(device, program.period),
        limited,
        open,
        load_v: tried.sensed.load_v.abs(),
        charge_uc: microcoulombs(tried.flowed.stimulus_ac()),
        left_nc: microcoulombs(tried.flowed.left_ac()) * 1e3,
        margins: margins(&program, &pulse.made, &shares, view, pulses_per_s),
        moved_ac: tried.sensed.moved_ac,
        field,
        compliance_na,
        flowing_na: tried.flowed.stimulus().current_na.abs() as f64,
        shares,
        ..plain
    };
    (preview, question)
}

/// The figures of a draft against the limits of the device, each at the contact that comes nearest to it: what
/// [`Limits::side`](crate::device::safety::Limits::side) looks at before a program runs, on the leads as they are now.
fn margins(
    program: &SideProgram,
    made: &Waveform,
    shares: &[f64; TERMINALS],
    view: &SideView<'_>,
    pulses_per_s: f64,
) -> Vec<Margin> {
    let limits = &view.generator.profile.limits;
    let largest_uc = microcoulombs(made.phases().iter().map(|phase| phase.charge_ac().abs()).max().unwrap_or(0));
    let recovered = made.shorted_after || program.alternates();
    let left_uc = if recovered { 0.0 } else { microcoulombs(made.left_ac().abs()) };
    let (moved_uc, share) = (microcoulombs(made.moved_ac()), |k: usize| shares[k].abs());
    let area_cm2 = |k: usize| view.contacts[k].surface().area_cm2;
    let k_of = |k: usize| match largest_uc * share(k) {
        0.0 => f64::NEG_INFINITY,
        charge_uc => shannon_k(charge_uc, area_cm2(k)),
    };
    let worst = |limit, allowed: &crate::source::Figure, found: &dyn Fn(usize) -> f64| {
        let contact = (0..TERMINALS).max_by(|&a, &b| found(a).total_cmp(&found(b))).expect("a lead has contacts");
        Margin { limit, found: found(contact), allowed: allowed.value, contact }
    };
    vec![
        worst("charge_per_phase_uc", &limits.charge_per_phase_uc, &|k| largest_uc * share(k)),
        worst("charge_density_uc_per_cm2", &limits.charge_density_uc_per_cm2, &|k| largest_uc * share(k) / area_cm2(k)),
        worst("shannon_k", &limits.shannon_k, &k_of),
        worst("mean_current_ua", &limits.mean_current_ua, &|k| moved_uc * share(k) * pulses_per_s),
        worst("dc_na", &limits.dc_na, &|k| left_uc * share(k) * pulses_per_s * 1e3),
    ]
}

/// All that a preview is a function of.
#[derive(Clone, Debug, PartialEq)]
struct Inputs {
    settings: Settings,
    lead_faults: LeadFaults,
    output_faults: OutputFaults,
    /// Resistance, Ω, and area, cm², of each contact; encapsulation, which raises thresholds too, is in the first.
    contacts: [(f64, f64); TERMINALS],
    layout: Layout,
}

/// A preview that has been worked out, for which inputs and which device.
struct Known {
    inputs: Inputs,
    device: Arc<DeviceProfile>,
    preview: Arc<Preview>,
    question: Option<Arc<Question>>,
}

/// Previews that have been worked out, one a side: a frame in which nothing has changed costs a comparison.
#[derive(Default)]
pub struct Previews {
    known: BySide<Option<Known>>,
}

impl Previews {
    /// The preview of a draft of that side.
    pub fn of(&mut self, settings: &Settings, view: &SideView<'_>) -> Arc<Preview> {
        let inputs = Inputs {
            settings: settings.clone(),
            lead_faults: view.lead.faults().clone(),
            output_faults: view.generator.output_faults(),
            contacts: view.contacts.map(|contact| (contact.resistance_ohm(), contact.surface().area_cm2)),
            layout: view.nerve.layout().clone(),
        };
        let device = &view.generator.profile;
        let place = &mut self.known[view.lead.side];
        if let Some(known) = place
            && known.inputs == inputs
            && Arc::ptr_eq(&known.device, device)
        {
            known.refine();
            return known.preview.clone();
        }
        let (mut preview, question) = without_thresholds(settings, view);
        match &question {
            Some(question) => preview.tell(&recruiter::answer(question)),
            None => preview.thresholds_na = vec![f64::INFINITY; view.nerve.axons().len()],
        }
        let preview = Arc::new(preview);
        *place = Some(Known { inputs, device: device.clone(), preview: preview.clone(), question });
        preview
    }
}

impl Known {
    /// Takes over what has been worked out since.
    fn refine(&mut self) {
        if self.preview.stage.is_none_or(|stage| stage == Stage::Exact) {
            return;
        }
        let Some(question) = &self.question else { return };
        let answer = recruiter::answer(question);
        Arc::make_mut(&mut self.preview).tell(&answer);
    }
}
