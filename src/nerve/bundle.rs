//! The medial branch as it is stimulated: which of its axons a pulse fires.
//!
//! Each motor unit has one axon, with a diameter, a place in the cross-section of a straight nerve and a place of its
//! nodes. An axon fires when the current that flows reaches its threshold for that waveform and those contacts, which
//! varies a little from pulse to pulse and is changed for a while by a firing before. Recruitment is what falls out.

use std::sync::Arc;

use bevy::ecs::component::Component;
use nalgebra::Point3;

use crate::device::pulse::{CONTACTS_PER_LEAD, Phase, Run, Waveform};
use crate::lead::conductor::{DeliveredPulse, TERMINALS};
use crate::lead::implant::{ImplantProfile, mirrored};
use crate::nerve::fibres::{Fibres, Pulses};
use crate::nerve::layout::{Axon, Layout};
use crate::nerve::profile::NerveProfile;
use crate::nerve::recruitment::{Domain, Question, Recruitment, Speed, Stimulus, all_threads};
use crate::nerve::surrogate::Accuracy;
use crate::nerve::volley::Volley;
use crate::random::StableId;
use crate::record::digest::StateWriter;
use crate::side::Side;

/// Shapes of pulses whose thresholds are kept.
const KEPT: usize = 4;

/// The axons of a nerve, and what they did last.
#[derive(Clone, Debug, Component)]
pub struct Nerve {
    side: Side,
    layout: Layout,
    domain: Domain,
    speed: Speed,
    motor: Fibres,
    afferents: Fibres,
    /// Factor by which encapsulation has raised thresholds.
    encapsulation: f64,
    /// Thresholds for the shapes of pulses and the shares of contacts that came last, the latest first.
    tuned: Vec<Tuned>,
    /// The last question, which knows the field that the next may need.
    asked: Option<Question>,
    /// The worst of the surrogates that were used.
    accuracy: Option<Accuracy>,
}

/// Thresholds of all axons for one shape of pulse through one choice of contacts, without encapsulation, mA.
#[derive(Clone, Debug)]
struct Tuned {
    shape: Waveform,
    shares: [f64; TERMINALS],
    known: Known,
}

#[derive(Clone, Debug)]
enum Known {
    /// Far below whatever was asked for until now: nobody fires up to that amplitude, mA.
    NobodyAt(f64),
    Thresholds(Arc<Recruitment>),
}

/// The waveform as it would be with a stimulating phase of a milliampere, to a part in 1,000: what thresholds depend
/// on, and alike for all amplitudes of a ramp.
fn unit_shape(waveform: Waveform) -> Waveform {
    const UNIT_NA: i64 = 1_000_000;
    const STEP_NA: i64 = 1_000;
    let amplitude = i128::from(waveform.stimulus().current_na.abs().max(1));
    waveform.map(|phase| {
        let scaled = i128::from(phase.current_na) * i128::from(UNIT_NA / STEP_NA) * 2 / amplitude;
        Phase { current_na: ((scaled + scaled.signum()) / 2) as i64 * STEP_NA, ..phase }
    })
}

/// Shares to a part in a thousand: where current leaks they drift from pulse to pulse, and thresholds hardly do.
fn rounded(shares: &[f64; TERMINALS]) -> [f64; TERMINALS] {
    shares.map(|share| (share * 1e3).round() / 1e3 + 0.0)
}

impl Nerve {
    /// The axons of a nerve of `count` motor units on one side, drawn from the spectra of the profile; the axon of
    /// unit 0 is the thinnest.
    pub fn new(
        profile: &NerveProfile,
        count: usize,
        id: &StableId,
        seed: u64,
        side: Side,
        implant: &ImplantProfile,
        speed: Speed,
    ) -> Self {
        let afferents = profile.afferents.as_ref();
        let of_afferents = afferents.map_or(0, |afferents| afferents.count.value as usize);
        let spectrum = afferents.map_or(&profile.motor, |afferents| &afferents.spectrum);
        let afferent_id = StableId::new(format!("{}/afferents", id.name()));
        Self {
            side,
            layout: Layout::new(profile, implant),
            domain: Domain { radius_mm: profile.radius_mm.value, limits_um: profile.limits_um() },
            speed,
            motor: Fibres::new(profile, &profile.motor, count, id, seed),
            afferents: Fibres::new(profile, spectrum, of_afferents, &afferent_id, seed),
            encapsulation: 1.0,
            tuned: Vec::new(),
            asked: None,
            accuracy: None,
        }
    }

    /// The motor axons, the thinnest first.
    pub fn axons(&self) -> &Arc<[Axon]> {
        self.motor.axons()
    }

    /// The afferents, the thinnest first.
    pub fn afferents(&self) -> &Arc<[Axon]> {
        self.afferents.axons()
    }

    /// Where an axon crosses the plane of the nerve's point, mm in the anatomical frame.
    pub fn through_mm(&self, axon: &Axon) -> Point3<f64> {
        let place = Point3::new(axon.place_mm.x, axon.place_mm.y, 0.0);
        mirrored(self.layout.anatomical(place), self.side)
    }

    /// Where nerve and lead lie, in the frame of the nerve.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Radius of the nerve, mm.
    pub fn radius_mm(&self) -> f64 {
        self.domain.radius_mm
    }

    /// Where the centre of a contact lies now, mm in the anatomical frame; none for the case, which is far away.
    pub fn contact_mm(&self, index: usize) -> Option<Point3<f64>> {
        let at = |index: usize| mirrored(self.layout.anatomical(self.layout.contacts_mm()[index]), self.side);
        (index < CONTACTS_PER_LEAD).then(|| at(index))
    }

    /// The share of the motor axons that the last pulse fired.
    pub fn recruited_fraction(&self) -> f64 {
        self.motor.last_fraction()
    }

    /// The largest share of the motor axons that a pulse has fired.
    pub fn recruited_most_fraction(&self) -> f64 {
        self.motor.most_fraction()
    }

    /// The share of the afferents that the last pulse fired; 0 where the profile has none.
    pub fn felt_fraction(&self) -> f64 {
        self.afferents.last_fraction()
    }

    /// The largest share of the afferents that a pulse has fired.
    pub fn felt_most_fraction(&self) -> f64 {
        self.afferents.most_fraction()
    }

    /// How thresholds are found.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// The worst of the surrogates that were used until now; none where there was none.
    pub fn accuracy(&self) -> Option<Accuracy> {
        self.accuracy
    }

    /// What it would take to fire its axons with that pulse through those contacts.
    pub fn question(&self, waveform: Waveform, shares: &[f64; TERMINALS]) -> Question {
        let stimulus =
            Stimulus { layout: self.layout.clone(), shares: rounded(shares), waveform: unit_shape(waveform) };
        Question::new(stimulus, self.domain, self.motor.axons().clone(), self.afferents.axons().clone())
            .encapsulated(self.encapsulation)
    }

    /// Adds whom a run of pulses fires to `volleys`.
    pub fn recruit(&mut self, run: &Run<DeliveredPulse>, volleys: &mut Vec<Run<Volley>>) {
        let amplitude_ma = run.first.waveform.stimulus().current_na.abs() as f64 / 1e6;
        let pulses = Pulses { at: run.first.at, count: run.count, period: run.period };
        let Some(thresholds) = self.thresholds(&run.first, amplitude_ma) else {
            self.motor.nobody();
            self.afferents.nobody();
            return;
        };
        let relative = amplitude_ma / self.encapsulation;
        self.motor.fire(pulses, relative, &thresholds.motor_ma, |volley| volleys.push(volley));
        self.afferents.fire(pulses, relative, &thresholds.afferent_ma, |_| ());
    }

    /// The thresholds for a pulse, without encapsulation; none where its amplitude is far below all of them.
    fn thresholds(&mut self, pulse: &DeliveredPulse, amplitude_ma: f64) -> Option<Arc<Recruitment>> {
        if amplitude_ma == 0.0 {
            return None;
        }
        let relative = amplitude_ma / self.encapsulation;
        let (shape, shares) = (unit_shape(pulse.waveform), rounded(&pulse.shares));
        let place = self.tuned.iter().position(|tuned| tuned.shares == shares && tuned.shape == shape);
        if let Some(place) = place {
            self.tuned[..=place].rotate_right(1);
            match &self.tuned[0].known {
                Known::Thresholds(thresholds) => return Some(thresholds.clone()),
                Known::NobodyAt(most) if relative <= *most => return None,
                Known::NobodyAt(_) => drop(self.tuned.remove(0)),
            }
        }
        let question = self.question(pulse.waveform, &shares).encapsulated(1.0);
        let question = match &self.asked {
            Some(before) => question.after(before),
            None => question,
        };
        let known = if question.is_hopeless(relative) {
            Known::NobodyAt(relative)
        } else {
            Known::Thresholds(Arc::new(question.at(self.speed, all_threads())))
        };
        if let Known::Thresholds(answer) = &known {
            self.accuracy = self.accuracy.into_iter().chain(answer.accuracy).reduce(Accuracy::worse);
        }
        self.asked = Some(question);
        self.tuned.truncate(KEPT - 1);
        self.tuned.insert(0, Tuned { shape, shares, known });
        match &self.tuned[0].known {
            Known::Thresholds(thresholds) => Some(thresholds.clone()),
            Known::NobodyAt(_) => None,
        }
    }

    /// The lead has moved since the implant, mm: towards its tip, and away from the nerve.
    pub fn move_lead(&mut self, moved_mm: (f64, f64)) {
        self.layout.move_lead(moved_mm);
        self.tuned.clear();
    }

    /// Encapsulation has raised all thresholds by that factor.
    pub fn set_encapsulation(&mut self, factor: f64) {
        self.encapsulation = factor;
    }

    /// Checks that every threshold is a threshold.
    ///
    /// # Errors
    /// Which axon has none, with its value.
    pub fn check(&self) -> Result<(), String> {
        for tuned in &self.tuned {
            let Known::Thresholds(thresholds) = &tuned.known else { continue };
            let wrong = |threshold: &f64| threshold.is_nan() || *threshold <= 0.0;
            for (kind, thresholds) in [("axon", &thresholds.motor_ma), ("afferent", &thresholds.afferent_ma)] {
                if let Some(unit) = thresholds.iter().position(wrong) {
                    return Err(format!("{kind} {}: threshold {} mA", unit + 1, thresholds[unit]));
                }
            }
        }
        Ok(())
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        for index in 0..CONTACTS_PER_LEAD {
            let contact = self.contact_mm(index).expect("a ring");
            w.numbers("contact_mm", &[contact.x, contact.y, contact.z]);
        }
        w.number("encapsulation", self.encapsulation);
        self.motor.write_state(w);
        self.afferents.write_state(w);
    }
}
