//! Where the answers come from: a transcript, a resolver that was named, or the system's.

mod recorder;
mod system;
mod transcript;

use std::sync::Arc;

use passerelle::{Answer, Question, Transcript};

pub(crate) use recorder::Recorder;
pub(crate) use system::System;

use crate::args::World;
use crate::failure::Failure;

/// A source of answers, shared by the tasks that look them up.
#[derive(Clone)]
pub(crate) enum Source {
    /// A recorded world.
    Transcript(Arc<Transcript>),
    /// The DNS.
    System(Arc<System>),
}

impl Source {
    /// The source that the command line asks for.
    pub(crate) fn open(world: &World) -> Result<Self, Failure> {
        Ok(match (&world.dns, world.resolver) {
            (Some(path), _) => Self::Transcript(transcript::read(path)?.into()),
            (None, Some(address)) => Self::System(System::at(address)?.into()),
            (None, None) => Self::System(System::configured()?.into()),
        })
    }

    /// The answer to a question; it may take as long as the resolver's own time-outs.
    pub(crate) async fn answer(&self, question: &Question) -> Answer {
        match self {
            Self::Transcript(transcript) => transcript.answer(question),
            Self::System(system) => system.answer(question).await,
        }
    }
}
