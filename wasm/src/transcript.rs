//! The class `Transcript`.

use passerelle::{Answer, Question};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::answer;
use crate::value::Result;

/// Answers of the DNS as JSON: to answer from, and to record into.
#[wasm_bindgen(skip_typescript)]
pub struct Transcript(passerelle::Transcript);

#[wasm_bindgen]
impl Transcript {
    /// Reads a transcript from the text of its JSON; without one it is empty, and no name exists in it.
    ///
    /// # Errors
    /// An `Error` that names the entry and what is wrong with it.
    #[wasm_bindgen(constructor)]
    pub fn new(json: Option<String>) -> Result<Transcript> {
        let transcript = match json {
            None => passerelle::Transcript::new(),
            Some(json) => passerelle::Transcript::parse(json.as_bytes()).map_err(|e| JsError::new(&e.to_string()))?,
        };
        Ok(Self(transcript))
    }

    /// The answer to a DNS question.
    ///
    /// # Errors
    /// An `Error` when the name is no domain name, or the type is not understood.
    pub fn answer(&self, name: &str, record_type: &str) -> Result<JsValue> {
        match self.0.answer(&question(name, record_type)?) {
            Answer::Dns(answer) => Ok(answer::write(&answer)),
            _ => Err(JsError::new("the transcript gave no DNS answer")), // It gives none of another kind.
        }
    }

    /// Notes an answer; a later one to the same question takes its place.
    ///
    /// # Errors
    /// An `Error` when the question or the answer is malformed.
    pub fn record(&mut self, name: &str, record_type: &str, answer: JsValue) -> Result<()> {
        let answer = answer::read(answer::record_type(record_type)?, answer)?;
        self.0.record(&question(name, record_type)?, &Answer::Dns(answer));
        Ok(())
    }

    /// The text of its JSON, an answer a line.
    #[wasm_bindgen(js_name = toString)]
    #[allow(clippy::inherent_to_string)] // This is JavaScript's `toString`.
    pub fn to_string(&self) -> String {
        self.0.to_json()
    }
}

fn question(name: &str, record_type: &str) -> Result<Question> {
    Ok(Question::Dns(answer::name(name)?, answer::record_type(record_type)?))
}
