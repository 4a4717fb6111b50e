//! The hosts of the route, as the gateway would find them.

use std::time::Duration;

use passerelle::route::hops::{Hops, Request, next_hops};
use passerelle::{Answer, Answers, Trail};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::dns::{Recorder, Source};
use crate::failure::Failure;

/// Runs the search until it has its answers, or for so long.
pub(super) async fn hops(
    request: &Request<'_>,
    source: &Source,
    mut recorder: Option<&mut Recorder>,
    patience: Duration,
) -> Result<(Hops, Trail), Failure> {
    let deadline = Instant::now() + patience;
    let mut answers = Answers::new();
    let mut lookups = JoinSet::new();
    loop {
        let mut trail = Trail::new();
        if let Ok(hops) = next_hops(request, &mut answers, &mut trail) {
            return Ok((hops, trail));
        }
        while let Some((id, question)) = answers.next_question() {
            let source = source.clone();
            lookups.spawn(async move {
                let answer = source.answer(&question).await;
                (id, question, answer)
            });
        }
        match timeout_at(deadline, lookups.join_next()).await {
            Ok(Some(Ok((id, question, answer)))) => {
                if let Some(recorder) = &mut recorder {
                    recorder.note(&question, &answer);
                }
                supply(&mut answers, id, answer)?;
            }
            // Out of time, or nothing is under way: what is missing counts as failed.
            Ok(Some(Err(_)) | None) | Err(_) => answers.close(),
        }
    }
}

fn supply(answers: &mut Answers, id: passerelle::QuestionId, answer: Answer) -> Result<(), Failure> {
    let misused = |misuse| Failure::new(format!("the engine was misused: {misuse}; please report this as a bug"));
    answers.supply(id, answer).map_err(misused)
}
