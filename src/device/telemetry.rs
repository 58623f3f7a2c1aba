//! The link to the programmer: messages that get lost, come late or come twice, without doing harm twice.
//!
//! A message carries a number. The device carries out a number once, and none that is not above the last one.

use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// What the link does to the messages to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// The next message is lost.
    Drop,
    /// The next message comes so much later.
    Delay(SimTime),
    /// The next message comes so many times more.
    Repeat(u32),
    /// All messages are lost for so long.
    Lost(SimTime),
}

/// The device's end of the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Whether a programmer is connected.
    pub connected: bool,
    /// When the device gives up a link over which nothing comes.
    pub times_out_at: Option<SimTime>,
    last: Option<u64>,
    drops: bool,
    delay: SimTime,
    repeats: u32,
    lost_until: SimTime,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It never comes.
    Lost,
    /// It comes at that later instant.
    Late(SimTime),
    /// It comes now, so many times.
    Now(u32),
}

impl Link {
    /// Something happens to the link.
    pub fn fail(&mut self, at: SimTime, fault: LinkFault) {
        match fault {
            LinkFault::Drop => self.drops = true,
            LinkFault::Delay(span) => self.delay = span,
            LinkFault::Repeat(times) => self.repeats = times,
            LinkFault::Lost(span) => self.lost_until = at + span,
        }
    }

    /// What becomes of a message that is sent now.
    pub fn send(&mut self, at: SimTime) -> Arrival {
        if at < self.lost_until || std::mem::take(&mut self.drops) {
            return Arrival::Lost;
        }
        let delay = std::mem::take(&mut self.delay);
        if delay > SimTime::ZERO {
            return Arrival::Late(at + delay);
        }
        Arrival::Now(1 + std::mem::take(&mut self.repeats))
    }

    /// Whether the device carries out the message of that number, which has come.
    ///
    /// # Errors
    /// Why not.
    pub fn receive(&mut self, number: u64) -> Result<(), String> {
        if !self.connected {
            return Err("no programmer is connected".to_string());
        }
        if let Some(last) = self.last.filter(|&last| number <= last) {
            return Err(format!("message {last} has been carried out, and message {number} is not newer"));
        }
        self.last = Some(number);
        Ok(())
    }

    /// The processor has started anew: no link, but the number of the last message lies in memory.
    pub fn reset(&mut self) {
        *self = Self { last: self.last, lost_until: self.lost_until, ..Self::default() };
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.flag("connected", self.connected);
        w.time("times_out_at", self.times_out_at);
        w.count("last_message", self.last.map_or(0, |last| last.wrapping_add(1)));
        w.flag("drops", self.drops);
        w.time("delay", Some(self.delay));
        w.count("repeats", u64::from(self.repeats));
        w.time("lost_until", Some(self.lost_until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_message_is_carried_out_once() {
        let at = SimTime::SECOND;
        let mut link = Link::default();
        assert!(link.receive(1).unwrap_err().contains("no programmer"));
        link.connected = true;
        link.fail(at, LinkFault::Repeat(2));
        assert_eq!(link.send(at), Arrival::Now(3));
        assert_eq!((link.receive(1), link.receive(1).is_err()), (Ok(()), true));
        link.fail(at, LinkFault::Drop);
        assert_eq!((link.send(at), link.send(at)), (Arrival::Lost, Arrival::Now(1)));
        link.fail(at, LinkFault::Delay(SimTime::SECOND));
        assert_eq!(link.send(at), Arrival::Late(at + SimTime::SECOND));
        assert_eq!(link.receive(3), Ok(()));
        // The one that was late comes after a later one: it is not carried out any more.
        assert!(link.receive(2).is_err());
        link.fail(at, LinkFault::Lost(SimTime::SECOND));
        assert_eq!((link.send(at), link.send(at + SimTime::SECOND)), (Arrival::Lost, Arrival::Now(1)));
        link.reset();
        link.connected = true;
        assert!(link.receive(3).is_err());
    }
}
