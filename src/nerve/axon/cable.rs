//! One time step of a few fibres: backward Euler with the gates held, then the gates.
//!
//! A compartment's unknowns are the potential inside the axon, `u`, and in the periaxonal space, `x`. With `c` the
//! membrane's capacity over the step and `g` its conductance, `k` and `y` the same of the myelin, and `e` outside:
//!
//! ```text
//! (c + g)·(u − x)  + Σ a·(u − u') = c·(u − x)before + g·E
//! −(c + g)·(u − x) + (k + y)·(x − e) + Σ b·(x − x') = k·(x − e)before − c·(u − x)before − g·E
//! ```
//!
//! The blocks are eliminated from the first node on and the unknowns found on the way back. A lane whose fibre is
//! shorter than the longest has compartments past its end that nothing couples to it.

use crate::nerve::axon::gates::{Gates, LANES, Lane};
use crate::nerve::axon::parameters::{BETWEEN, Geometry, PERIOD, Part, REST_MV, coupling_us};

/// What a membrane is at a place along the fibre, for the step.
#[derive(Clone, Copy, Debug)]
struct Wall {
    /// Membrane: capacity over the step, passive conductance and what that drives in at 0 mV.
    capacity: Lane,
    leak: Lane,
    driven: Lane,
    /// Myelin: capacity over the step, and that with the conductance.
    sheath_capacity: Lane,
    sheath: Lane,
    /// To the compartments before and after, inside and periaxonal: the sums, which stand in the diagonal.
    inside: Lane,
    around: Lane,
    /// To the compartment after, inside and periaxonal.
    inside_next: Lane,
    around_next: Lane,
}

/// A lane of nothing: a membrane that rests by itself.
const BARE: Wall = Wall {
    capacity: [1.0; LANES],
    leak: [1.0; LANES],
    driven: [REST_MV; LANES],
    sheath_capacity: [0.0; LANES],
    sheath: [1.0; LANES],
    inside: [0.0; LANES],
    around: [0.0; LANES],
    inside_next: [0.0; LANES],
    around_next: [0.0; LANES],
};

/// The state of a compartment, and its field.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spot {
    /// Across the membrane, mV.
    membrane: Lane,
    /// Across the myelin, mV.
    sheath: Lane,
    /// Outside, mV for a milliampere.
    field: Lane,
}

const SPOT_AT_REST: Spot = Spot { membrane: [REST_MV; LANES], sheath: [0.0; LANES], field: [0.0; LANES] };

/// A compartment on the way through the elimination: the inverse of its block, and that times its right-hand side.
#[derive(Clone, Copy, Debug)]
struct Eliminated {
    uu: Lane,
    ux: Lane,
    xx: Lane,
    u: Lane,
    x: Lane,
}

const NOTHING: Eliminated =
    Eliminated { uu: [0.0; LANES], ux: [0.0; LANES], xx: [0.0; LANES], u: [0.0; LANES], x: [0.0; LANES] };

/// How the first or the last node of a fibre is; no current leaves the axon there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// As every node.
    Active,
    /// Without channels, so that no current fires it.
    Passive,
    /// In the middle of a fibre both halves of which do the same: one half stands for both.
    Mirror,
}

/// Conductance of a passive node, S/cm².
const PASSIVE_S_PER_CM2: f64 = 1e-4;

/// The first and the last node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ends(pub End, pub End);

impl Ends {
    fn of(self, index: usize, nodes: usize) -> Option<End> {
        if index == 0 { Some(self.0) } else { (index == nodes - 1).then_some(self.1) }
    }
}

/// The state of one fibre: what a run starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct FibreState {
    /// Across membrane and myelin of each compartment, mV.
    pub spots: Vec<[f64; 2]>,
    /// p, m, h and s of each node.
    pub gates: Vec<[f64; 4]>,
}

/// A few fibres and their state.
#[derive(Clone, Debug)]
pub struct Cable {
    dt_ms: f64,
    /// Nodes of each lane's fibre; none in an empty lane.
    nodes: [usize; LANES],
    /// The same of the longest.
    longest: usize,
    between: [Wall; BETWEEN],
    walls: Vec<Wall>,
    /// Where the channels are: the surface of the node, cm² · 1e6, or nothing.
    active: Vec<Lane>,
    gates: Vec<Gates>,
    spots: Vec<Spot>,
    eliminated: Vec<Eliminated>,
    /// Current put into the axon at one node, nA.
    injected: (usize, Lane),
    /// The lowest and the highest potential across the membranes of all nodes after the last step, mV.
    extremes: (Lane, Lane),
}

impl Cable {
    /// No fibres yet, and room for the longest; the step in ms.
    pub fn new(dt_ms: f64, nodes: usize) -> Self {
        let compartments = nodes.saturating_sub(1) * PERIOD + 1;
        Self {
            dt_ms,
            nodes: [0; LANES],
            longest: 0,
            between: [BARE; BETWEEN],
            walls: vec![BARE; nodes],
            active: vec![[0.0; LANES]; nodes],
            gates: vec![Gates::CLOSED; nodes],
            spots: vec![SPOT_AT_REST; compartments],
            eliminated: vec![NOTHING; compartments],
            injected: (0, [0.0; LANES]),
            extremes: ([REST_MV; LANES], [REST_MV; LANES]),
        }
    }

    /// Puts a fibre of so many nodes, at least two, into a lane.
    pub fn place(&mut self, lane: usize, geometry: &Geometry, nodes: usize, ends: Ends) {
        assert!(nodes >= 2 && nodes <= self.walls.len(), "a fibre that fits");
        self.clear(lane);
        self.nodes[lane] = nodes;
        self.longest = self.longest.max(nodes);
        let (node, between) = (geometry.node(), geometry.between());
        let part = |index: usize| if index.is_multiple_of(PERIOD) { &node } else { &between[index % PERIOD - 1] };
        for (index, wall) in self.between.iter_mut().enumerate() {
            set_wall(wall, lane, self.dt_ms, part(index + 1));
            let (before, after) =
                (coupling_us(part(index), part(index + 1)), coupling_us(part(index + 1), part(index + 2)));
            couple(wall, lane, Some(before), Some(after));
        }
        let coupling = coupling_us(&node, &between[0]);
        for index in 0..nodes {
            let end = ends.of(index, nodes);
            let passive = end == Some(End::Passive);
            // Half of a node in a mirror: the other half is the image's.
            let share = if end == Some(End::Mirror) { 0.5 } else { 1.0 };
            let part = Part {
                membrane_nf: share * node.membrane_nf,
                leak_us: if passive { PASSIVE_S_PER_CM2 * node.area_cm2 * 1e6 } else { 0.0 },
                sheath_us: share * node.sheath_us,
                ..node
            };
            let wall = &mut self.walls[index];
            set_wall(wall, lane, self.dt_ms, &part);
            couple(wall, lane, (index > 0).then_some(coupling), (index < nodes - 1).then_some(coupling));
            self.active[index][lane] = if passive { 0.0 } else { share * node.area_cm2 * 1e6 };
        }
        // Past its end the compartments of an internode are there as everywhere; its nodes hold nothing but the end.
        self.walls[nodes..].iter_mut().for_each(|wall| couple(wall, lane, Some(coupling), None));
    }

    /// Takes the fibre out of a lane.
    pub fn clear(&mut self, lane: usize) {
        self.nodes[lane] = 0;
        self.longest = self.nodes.iter().copied().max().unwrap_or(0);
        for index in 0..self.walls.len() {
            set_bare(&mut self.walls[index], lane);
            self.active[index][lane] = 0.0;
            self.gates[index].set(lane, [0.0; 4]);
        }
        self.between.iter_mut().for_each(|wall| set_bare(wall, lane));
        for spot in &mut self.spots {
            (spot.membrane[lane], spot.sheath[lane], spot.field[lane]) = (REST_MV, 0.0, 0.0);
        }
    }

    /// Sets what each compartment of a lane's fibre is outside, mV for a milliampere.
    pub fn set_field(&mut self, lane: usize, field: &[f64]) {
        self.spots.iter_mut().zip(field).for_each(|(spot, &field)| spot.field[lane] = field);
    }

    /// Sets the current put into the axon at that node of every lane, nA.
    pub fn inject(&mut self, node: usize, current_na: Lane) {
        self.injected = (node, current_na);
    }

    /// Sets the state of a lane's fibre.
    pub fn set_state(&mut self, lane: usize, state: &FibreState) {
        for (spot, &[membrane, sheath]) in self.spots.iter_mut().zip(&state.spots) {
            (spot.membrane[lane], spot.sheath[lane]) = (membrane, sheath);
        }
        self.gates.iter_mut().zip(&state.gates).for_each(|(gates, &from)| gates.set(lane, from));
    }

    /// The state of a lane's fibre.
    pub fn state(&self, lane: usize) -> FibreState {
        let nodes = self.nodes[lane];
        let spots = &self.spots[..(nodes - 1) * PERIOD + 1];
        FibreState {
            spots: spots.iter().map(|spot| [spot.membrane[lane], spot.sheath[lane]]).collect(),
            gates: self.gates[..nodes].iter().map(|gates| gates.get(lane)).collect(),
        }
    }

    /// Where all gates would come to rest at the potentials that there are.
    pub fn rest_gates(&mut self) {
        for (node, gates) in self.gates.iter_mut().enumerate() {
            gates.advance(&self.spots[node * PERIOD].membrane, 1e9);
        }
    }

    /// The potential across the membrane of a node, mV.
    pub fn node_mv(&self, node: usize, lane: usize) -> f64 {
        self.spots[node * PERIOD].membrane[lane]
    }

    /// The lowest and the highest potential across the membranes of a lane's nodes after the last step, mV.
    pub fn extremes_mv(&self, lane: usize) -> (f64, f64) {
        (self.extremes.0[lane], self.extremes.1[lane])
    }

    /// One time step, with that current through the contacts of each lane, mA.
    pub fn step(&mut self, current_ma: &Lane) {
        if self.longest > 0 {
            step(self, current_ma);
        }
    }
}

fn set_wall(wall: &mut Wall, lane: usize, dt_ms: f64, part: &Part) {
    wall.capacity[lane] = part.membrane_nf / dt_ms;
    wall.leak[lane] = part.leak_us;
    wall.driven[lane] = part.leak_us * REST_MV;
    wall.sheath_capacity[lane] = part.sheath_nf / dt_ms;
    wall.sheath[lane] = part.sheath_nf / dt_ms + part.sheath_us;
}

fn couple(wall: &mut Wall, lane: usize, before: Option<(f64, f64)>, after: Option<(f64, f64)>) {
    let ((inside, around), (inside_next, around_next)) = (before.unwrap_or_default(), after.unwrap_or_default());
    (wall.inside[lane], wall.around[lane]) = (inside + inside_next, around + around_next);
    (wall.inside_next[lane], wall.around_next[lane]) = (inside_next, around_next);
}

fn set_bare(wall: &mut Wall, lane: usize) {
    (wall.capacity[lane], wall.leak[lane], wall.driven[lane]) = (1.0, 1.0, REST_MV);
    (wall.sheath_capacity[lane], wall.sheath[lane]) = (0.0, 1.0);
    couple(wall, lane, None, None);
}

/// Takes one compartment out of the system: what is left of it is its inverse block and its share of the solution.
#[inline(always)]
fn eliminate(
    wall: &Wall,
    channels: (&Lane, &Lane),
    (before, inside, around): (&Eliminated, &Lane, &Lane),
    spot: &Spot,
    current_ma: &Lane,
    out: &mut Eliminated,
) {
    for i in 0..LANES {
        let stored = wall.capacity[i] * spot.membrane[i] + wall.driven[i] + channels.1[i];
        let outside = wall.sheath[i] * (spot.field[i] * current_ma[i]) + wall.sheath_capacity[i] * spot.sheath[i];
        let right_u = stored + inside[i] * before.u[i];
        let right_x = outside - stored + around[i] * before.x[i];
        let q = wall.capacity[i] + wall.leak[i] + channels.0[i];
        let uu = q + wall.inside[i] - inside[i] * inside[i] * before.uu[i];
        let xx = q + wall.sheath[i] + wall.around[i] - around[i] * around[i] * before.xx[i];
        let ux = q + inside[i] * around[i] * before.ux[i];
        let inverse = 1.0 / (uu * xx - ux * ux);
        out.uu[i] = xx * inverse;
        out.xx[i] = uu * inverse;
        out.ux[i] = ux * inverse;
        out.u[i] = out.uu[i] * right_u + out.ux[i] * right_x;
        out.x[i] = out.ux[i] * right_u + out.xx[i] * right_x;
    }
}

/// Finds the unknowns of one compartment from those of the next, and makes them its state.
#[inline(always)]
fn resolve(wall: &Wall, here: &Eliminated, u: &mut Lane, x: &mut Lane, spot: &mut Spot, current_ma: &Lane) {
    for i in 0..LANES {
        let (inside, around) = (wall.inside_next[i] * u[i], wall.around_next[i] * x[i]);
        u[i] = here.u[i] + (here.uu[i] * inside + here.ux[i] * around);
        x[i] = here.x[i] + (here.ux[i] * inside + here.xx[i] * around);
        spot.membrane[i] = u[i] - x[i];
        spot.sheath[i] = x[i] - spot.field[i] * current_ma[i];
    }
}

/// One step of all lanes. Compiled once more for wider registers: no sum changes its order and no product is fused, so
/// the bits are the same.
#[multiversion::multiversion(targets("x86_64+avx2"))]
fn step(cable: &mut Cable, current_ma: &Lane) {
    step_as_is(cable, current_ma);
}

#[inline(always)]
fn step_as_is(cable: &mut Cable, current_ma: &Lane) {
    let nodes = cable.longest;
    let mut before = NOTHING;
    let (mut inside, mut around) = ([0.0; LANES], [0.0; LANES]);
    for node in 0..nodes {
        let (mut conductance, mut driven) = ([0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            let (us, na) = cable.gates[node].conductance(i);
            conductance[i] = cable.active[node][i] * us;
            driven[i] = cable.active[node][i] * na;
        }
        let at = node * PERIOD;
        let wall = &cable.walls[node];
        let (spots, out) = (&mut cable.spots[at..], &mut cable.eliminated[at..]);
        eliminate(wall, (&conductance, &driven), (&before, &inside, &around), &spots[0], current_ma, &mut out[0]);
        if node == cable.injected.0 {
            // Into the axon alone, so only into its side of the right-hand side.
            for i in 0..LANES {
                out[0].u[i] += out[0].uu[i] * cable.injected.1[i];
                out[0].x[i] += out[0].ux[i] * cable.injected.1[i];
            }
        }
        (before, inside, around) = (out[0], wall.inside_next, wall.around_next);
        if node + 1 == nodes {
            break;
        }
        for (index, wall) in cable.between.iter().enumerate() {
            let none = [0.0; LANES];
            let (spot, out) = (&spots[index + 1], &mut out[index + 1]);
            eliminate(wall, (&none, &none), (&before, &inside, &around), spot, current_ma, out);
            (before, inside, around) = (*out, wall.inside_next, wall.around_next);
        }
    }
    let (mut u, mut x) = ([0.0; LANES], [0.0; LANES]);
    let (mut lowest, mut highest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    for node in (0..nodes).rev() {
        let at = node * PERIOD;
        let (spots, done) = (&mut cable.spots[at..], &cable.eliminated[at..]);
        if node + 1 < nodes {
            for index in (0..BETWEEN).rev() {
                resolve(&cable.between[index], &done[index + 1], &mut u, &mut x, &mut spots[index + 1], current_ma);
            }
        }
        resolve(&cable.walls[node], &done[0], &mut u, &mut x, &mut spots[0], current_ma);
        cable.gates[node].advance(&spots[0].membrane, cable.dt_ms);
        for i in 0..LANES {
            // Past the end of a shorter fibre there is a membrane at rest, which is no extreme of another.
            let v = spots[0].membrane[i];
            lowest[i] = if v < lowest[i] { v } else { lowest[i] };
            highest[i] = if v > highest[i] { v } else { highest[i] };
        }
    }
    cable.extremes = (lowest, highest);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three fibres, one of them short, in fields and at currents that fire some of them.
    fn a_few() -> Cable {
        let mut cable = Cable::new(0.002, 21);
        let ends = [Ends(End::Active, End::Active), Ends(End::Mirror, End::Passive), Ends(End::Passive, End::Passive)];
        for (lane, (diameter, nodes)) in [(10.0, 21), (16.0, 9), (5.7, 13)].into_iter().enumerate() {
            cable.place(lane, &Geometry::at(diameter), nodes, ends[lane]);
            let along = |index: usize| -50.0 / (1.0 + (index as f64 / 30.0) * (index as f64 / 30.0));
            cable.set_field(lane, &(0..=(nodes - 1) * PERIOD).map(along).collect::<Vec<f64>>());
        }
        cable.rest_gates();
        cable
    }

    const CURRENTS: Lane = [1.0, 2.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0];

    #[test]
    fn verif_wider_registers_change_no_bit() {
        let (mut plain, mut wide) = (a_few(), a_few());
        for _ in 0..300 {
            step_as_is(&mut plain, &CURRENTS);
            step(&mut wide, &CURRENTS);
        }
        for lane in 0..3 {
            assert_eq!(plain.state(lane), wide.state(lane));
            assert!(plain.state(lane).spots.iter().all(|[membrane, _]| membrane.is_finite()));
        }
    }

    /// What a step solves is what it says: put into the equations, the unknowns leave nothing over.
    #[test]
    fn verif_a_step_satisfies_its_equations() {
        let mut cable = a_few();
        (0..20).for_each(|_| cable.step(&CURRENTS));
        let before = cable.clone();
        cable.step(&CURRENTS);
        for (lane, current_ma) in CURRENTS.into_iter().enumerate().take(3) {
            let last = (cable.nodes[lane] - 1) * PERIOD;
            let wall = |at: usize| {
                if at.is_multiple_of(PERIOD) { &cable.walls[at / PERIOD] } else { &cable.between[at % PERIOD - 1] }
            };
            let outside = |at: usize| cable.spots[at].field[lane] * current_ma;
            let x = |at: usize| cable.spots[at].sheath[lane] + outside(at);
            let u = |at: usize| cable.spots[at].membrane[lane] + x(at);
            for at in 0..=last {
                let (w, new, old) = (wall(at), &cable.spots[at], &before.spots[at]);
                let (mut us, mut na) = (w.leak[lane], w.driven[lane]);
                if at.is_multiple_of(PERIOD) {
                    let channels = before.gates[at / PERIOD].conductance(lane);
                    let area = cable.active[at / PERIOD][lane];
                    (us, na) = (us + area * channels.0, na + area * channels.1);
                }
                let through =
                    w.capacity[lane] * (new.membrane[lane] - old.membrane[lane]) + us * new.membrane[lane] - na;
                let sheath = w.sheath[lane] * new.sheath[lane] - w.sheath_capacity[lane] * old.sheath[lane];
                let (mut inside, mut around) = (0.0, 0.0);
                if at > 0 {
                    inside += wall(at - 1).inside_next[lane] * (u(at - 1) - u(at));
                    around += wall(at - 1).around_next[lane] * (x(at - 1) - x(at));
                }
                if at < last {
                    inside += w.inside_next[lane] * (u(at + 1) - u(at));
                    around += w.around_next[lane] * (x(at + 1) - x(at));
                }
                assert!((through - inside).abs() < 1e-7, "lane {lane}, {at}: {through} {inside} nA");
                // At a node the myelin is a short of 1e9 µS, and mV to the last digit are a µA through it.
                if !at.is_multiple_of(PERIOD) {
                    assert!(
                        (sheath - through - around).abs() < 1e-7,
                        "lane {lane}, {at}: {sheath} {through} {around} nA"
                    );
                }
            }
        }
    }
}
