//! A world for tests: a transcript, questions answered in whatever order.

use passerelle::{Answers, Domain, Pending, Question, Transcript};

pub(crate) fn domain(name: &str) -> Domain {
    Domain::parse(name).unwrap()
}

pub(crate) fn transcript(json: &str) -> Transcript {
    Transcript::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// Runs a decision, its questions answered in the order in which they come; what was asked comes back, too.
pub(crate) fn run<T>(
    transcript: &Transcript,
    decide: impl FnMut(&mut Answers) -> Result<T, Pending>,
) -> (T, Vec<Question>) {
    run_in(transcript, |_| 0, decide)
}

/// Of the questions that wait, `pick` says which is answered next, given how many there are.
pub(crate) fn run_in<T>(
    transcript: &Transcript,
    mut pick: impl FnMut(usize) -> usize,
    mut decide: impl FnMut(&mut Answers) -> Result<T, Pending>,
) -> (T, Vec<Question>) {
    let (mut answers, mut waiting, mut asked) = (Answers::new(), Vec::new(), Vec::new());
    loop {
        if let Ok(decided) = decide(&mut answers) {
            return (decided, asked);
        }
        while let Some((id, question)) = answers.next_question() {
            asked.push(question.clone());
            waiting.push((id, question));
        }
        assert!(!waiting.is_empty(), "it waits for what it has not asked");
        let (id, question) = waiting.remove(pick(waiting.len()) % waiting.len());
        answers.supply(id, transcript.answer(&question)).unwrap();
    }
}
