//! Files that are handed in as messages.

use passerelle::message::{self, Carried, Extraction, FileKind, Mbox, MessageFile};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::value::Built;

/// What a file is: `{ kind, what, why, advice, holdsMessage, messages?, starts?, carried? }`.
#[wasm_bindgen(skip_typescript)]
pub fn recognize(file: &[u8]) -> JsValue {
    let found = message::recognize(file);
    let built = Built::new()
        .with("kind", found.kind.as_str())
        .with("what", found.what)
        .with("why", found.why)
        .with("advice", found.advice)
        .with("holdsMessage", found.kind.holds_message());
    match found.kind {
        FileKind::Mbox => {
            let mut mbox = Mbox::new();
            mbox.push(file, &mut |_, _| {});
            // Exact: a buffer has fewer octets than 2^53.
            let starts: js_sys::Array = mbox.starts().iter().map(|start| JsValue::from_f64(*start as f64)).collect();
            built.with("messages", mbox.messages() as f64).with("starts", starts).done()
        }
        FileKind::Message => match message::carried(file) {
            Some(Carried { subject, .. }) => built.with("carried", Built::new().with("subject", subject).done()).done(),
            None => built.done(),
        },
        _ => built.done(),
    }
}

/// The message in a file of this kind, or the one that a message carries; `undefined` where there is none.
#[wasm_bindgen(skip_typescript)]
pub fn extract(file: &[u8], number: f64) -> Option<Vec<u8>> {
    let extraction = match message::recognize(file).kind {
        FileKind::Message => Some(Extraction::of_carried()),
        kind => Extraction::from(kind, number as u64),
    };
    let (mut extraction, mut found) = (extraction?, Vec::new());
    extraction.push(file, &mut found);
    extraction.finish(&mut found);
    (!found.is_empty()).then_some(found)
}

/// A message as it would be on the wire, and what was changed for that: `{ octets, notes }`.
#[wasm_bindgen(js_name = fromFile, skip_typescript)]
pub fn from_file(octets: &[u8]) -> JsValue {
    let (mut file, mut message) = (MessageFile::new(), Vec::with_capacity(octets.len()));
    file.push(octets, &mut message);
    file.finish(&mut message);
    let note = |step: passerelle::Step| {
        Built::new()
            .with("step", &*step.step)
            .with("outcome", &*step.outcome)
            .with("why", &*step.why)
            .with("rfc", &*step.rfc)
            .done()
    };
    let notes: js_sys::Array = file.steps().into_iter().map(note).collect();
    Built::new().with("octets", js_sys::Uint8Array::from(&*message)).with("notes", notes).done()
}
