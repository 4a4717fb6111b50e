//! Where the answers come from: a transcript, a resolver that was named, or the system's.

mod recorder;
mod sts_policy;
mod system;
mod transcript;

use std::sync::Arc;

use passerelle::{Answer, Question, StsCache, Transcript};

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

    /// Whether what it says of DNSSEC can be believed: a transcript says what it says, and of a resolver on this host it is found
    /// out, once, whether it validates.
    pub(crate) async fn validates(&self) -> bool {
        match self {
            Self::Transcript(_) => true,
            Self::System(system) => system.validates().await,
        }
    }

    /// The MTA-STS policies that a transcript has been given.
    pub(crate) fn sts_cache(&self) -> StsCache {
        match self {
            Self::Transcript(transcript) => transcript.sts_cache().clone(),
            Self::System(_) => StsCache::new(),
        }
    }

    /// The answer to a question; it may take as long as the resolver's own time-outs.
    pub(crate) async fn answer(&self, question: &Question) -> Answer {
        match self {
            Self::Transcript(transcript) => transcript.answer(question),
            Self::System(system) => system.answer(question).await,
        }
    }
}
