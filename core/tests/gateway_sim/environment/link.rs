//! A connection between the gateway and somebody else.

use passerelle::tls::End;

use crate::channel::Channel;
use crate::dice::Dice;
use crate::faults::{Fault, Faults};

/// Both directions of a connection.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) to_gateway: Channel,
    pub(crate) from_gateway: Channel,
    /// Whether it ends as if somebody had closed it, where it is cut.
    orderly: bool,
}

impl Link {
    /// A connection that breaks where `cut` strikes: after so many octets of either direction.
    pub(crate) fn new(dice: &mut Dice, cut: Fault, faults: &mut Faults) -> Self {
        let mut at = (None, None);
        let mut orderly = false;
        if faults.strikes(cut) {
            let dice = faults.dice(cut);
            let most = dice.of(&[40, 300, 1000, 2000, 30_000]);
            let octets = Some(1 + dice.below(most));
            at = if dice.once_in(2) { (octets, None) } else { (None, octets) };
            orderly = dice.once_in(2);
        }
        let is_slow = faults.strikes(Fault::Slow);
        let mut channel = |cut_at| {
            let own = Dice::new(dice.next());
            let delay = if is_slow { dice.of(&[50, 2000]) } else { dice.of(&[0, 1, 20]) };
            let piece = dice.of(&[7, 300, 1500, 1500, 70_000, 70_000]);
            Channel::with(own, cut_at, delay, piece)
        };
        Self { to_gateway: channel(at.0), from_gateway: channel(at.1), orderly }
    }

    /// Octets for the gateway. True where the connection breaks by that.
    pub(crate) fn send_to_gateway(&mut self, now: u64, octets: &[u8]) -> bool {
        let is_cut = self.to_gateway.send(now, octets);
        self.cut(now, is_cut)
    }

    /// Octets of the gateway's. True where the connection breaks by that.
    pub(crate) fn send_from_gateway(&mut self, now: u64, octets: &[u8]) -> bool {
        let is_cut = self.from_gateway.send(now, octets);
        self.cut(now, is_cut)
    }

    fn cut(&mut self, now: u64, is_cut: bool) -> bool {
        if is_cut {
            let end = if self.orderly { End::Orderly } else { End::Cut };
            self.to_gateway.end(now, end);
            self.from_gateway.end(now, end);
        }
        is_cut
    }

    /// The process at the gateway's end is gone.
    pub(crate) fn reset(&mut self, now: u64) {
        self.to_gateway.reset(now);
        self.from_gateway.reset(now);
    }

    pub(crate) fn next_at(&self) -> Option<u64> {
        self.to_gateway.next_at().into_iter().chain(self.from_gateway.next_at()).min()
    }
}
