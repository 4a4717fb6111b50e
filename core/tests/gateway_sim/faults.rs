//! What goes wrong: which faults there are in a seed at all, how often they strike, and how often they did.

use std::collections::{BTreeMap, BTreeSet};

use crate::dice::Dice;

macro_rules! faults {
    ($($fault:ident $name:literal,)*) => {
        /// A kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Fault {
            $($fault,)*
        }

        impl Fault {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$fault,)*];

            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$fault => $name,)*
                }
            }
        }
    };
}

faults! {
    // The network.
    CutClient "client-connection-cut",
    CutHop "hop-connection-cut",
    Slow "slow-network",
    Refused "connection-refused",
    Unreachable "no-way-to-address",
    ConnectTimeout "connection-timed-out",
    // Hops.
    Silent "hop-falls-silent",
    Late "hop-answers-late",
    NotNow "hop-greets-421",
    NotHere "hop-greets-554",
    Idle421 "hop-says-421-when-idle",
    IdleClose "hop-closes-when-idle",
    Defers "hop-defers-a-command",
    Refuses "hop-refuses-a-command",
    AnyReply "hop-says-anything",
    Garbage "hop-sends-garbage",
    DefersContent "hop-defers-the-message",
    RefusesContent "hop-refuses-the-message",
    LosesReply "hop-takes-and-breaks-off",
    EarlyReply "hop-answers-in-the-middle-of-the-content",
    NoAuth "hop-refuses-credentials",
    FewExtensions "hop-offers-little",
    FewRecipients "hop-takes-few-recipients",
    FewMessages "hop-takes-few-messages",
    // TLS.
    Stripped "starttls-stripped",
    NoHandshake "handshake-breaks-off",
    Expired "certificate-expired",
    WrongName "certificate-of-another-name",
    Untrusted "certificate-of-nobody",
    // The DNS.
    ServFail "dns-fails",
    DnsTimeout "dns-silent",
    DnsChange "dns-changes",
    // The gateway's own host.
    Reload "policy-reloaded",
    Full "no-room",
    HoldLost "disk-fails",
    StoreFails "maildir-fails",
    ClockJump "clock-jumps",
    Suspended "process-suspended",
    Crash "gateway-crashes",
    NoPlace "no-place-at-destination",
    Shutdown "gateway-shuts-down",
    // Senders.
    SenderLeaves "sender-breaks-off",
    SenderResets "sender-resets",
    SenderSlow "sender-slow",
}

/// The faults of a seed. Each has dice of its own, so that to leave one out changes the others as little as can be.
#[derive(Debug)]
pub(crate) struct Faults {
    /// Of each: once in how many chances it strikes (0: never), and its dice.
    kinds: Vec<(u64, Dice)>,
    /// The liveness phase: nothing goes wrong any more.
    pub(crate) are_over: bool,
    struck: BTreeMap<Fault, u64>,
}

impl Faults {
    /// Those that the seed draws, without those that are left out, and with one that is there in any case.
    pub(crate) fn draw(seed: u64, left_out: &BTreeSet<Fault>, needed: Option<Fault>) -> Self {
        let mut dice = Dice::new(seed ^ 0xFA_0717);
        // Some seeds have hardly a fault, some have many.
        let share = dice.of(&[2, 4, 4, 8, 30]);
        let kind = |fault: &Fault| {
            let own = Dice::new(dice.next());
            let (is_there, rate) = (dice.once_in(share), dice.of(&[1, 2, 2, 3, 5, 10, 30]));
            match (Some(*fault) == needed, is_there && !left_out.contains(fault)) {
                (true, _) => (2, own),
                (_, true) => (rate, own),
                _ => (0, own),
            }
        };
        Self { kinds: Fault::ALL.iter().map(kind).collect(), are_over: false, struck: BTreeMap::new() }
    }

    /// Whether it strikes at this chance.
    pub(crate) fn strikes(&mut self, fault: Fault) -> bool {
        let (rate, dice) = &mut self.kinds[fault as usize];
        let strikes = !self.are_over && *rate > 0 && dice.once_in(*rate);
        if strikes {
            *self.struck.entry(fault).or_default() += 1;
        }
        strikes
    }

    /// The dice of a fault, for how bad it is.
    pub(crate) fn dice(&mut self, fault: Fault) -> &mut Dice {
        &mut self.kinds[fault as usize].1
    }

    /// Which there are in this seed.
    pub(crate) fn active(&self) -> impl Iterator<Item = Fault> {
        Fault::ALL.iter().copied().filter(|fault| self.kinds[*fault as usize].0 > 0)
    }

    /// How often each struck.
    pub(crate) fn struck(&self) -> &BTreeMap<Fault, u64> {
        &self.struck
    }
}
