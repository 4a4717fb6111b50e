//! What all parts of a session share: the time, the outputs, numbers, and what is held.

use std::collections::VecDeque;
use std::sync::Arc;

use super::draw::Draw;
use crate::gateway::content::keys::KeyStates;
use crate::gateway::{Event, Hold, Ids, Listener, Setup};
use crate::lookup::StsCache;
use crate::machine::Output;
use crate::smtp::server::{Decision, DecisionId};
use crate::time::Now;

/// What all parts of a session share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) now: Now,
    pub(super) outputs: VecDeque<Output<Event>>,
    /// For the next transaction; the one under way has its own.
    pub(super) setup: Arc<Setup>,
    pub(super) listener: Listener,
    pub(super) ids: Ids,
    pub(super) draw: Draw,
    /// The number of the next question.
    pub(super) next_question: u32,
    pub(super) sts_cache: Arc<StsCache>,
    pub(super) key_states: Arc<KeyStates>,
    /// What the server is to be told.
    pub(super) decisions: VecDeque<(DecisionId, Decision)>,
    /// What the host was asked of what is held, and has not answered.
    pub(super) asked_hold: Option<AskedHold>,
    /// Whether something is held.
    pub(super) is_holding: bool,
    /// Whether a message is to be stored, and the host has not answered.
    pub(super) asked_store: bool,
    /// How many such answers nobody waits for any more.
    pub(super) forsaken_stores: u32,
}

/// What was asked of what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AskedHold {
    Append,
    Read,
    /// The message of whom it was asked is over: the answer counts for nothing.
    Nothing,
}

impl Context {
    pub(super) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// Tells the server what was decided.
    pub(super) fn decide(&mut self, id: DecisionId, decision: Decision) {
        self.decisions.push_back((id, decision));
    }

    /// Nobody waits for the answer to a store any more.
    pub(super) fn forsake_store(&mut self) {
        self.forsaken_stores += u32::from(std::mem::take(&mut self.asked_store));
    }

    /// Asks something of what is held. Nothing else is asked before it is answered.
    pub(super) fn hold(&mut self, hold: Hold) {
        match hold {
            Hold::Append(_) => {
                self.asked_hold = Some(AskedHold::Append);
                self.is_holding = true;
            }
            Hold::Read { .. } => self.asked_hold = Some(AskedHold::Read),
            Hold::Drop => {
                self.is_holding = false;
                if let Some(asked) = &mut self.asked_hold {
                    *asked = AskedHold::Nothing;
                }
            }
        }
        self.event(Event::Hold(hold));
    }
}
