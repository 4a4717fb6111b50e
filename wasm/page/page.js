// The form: what is verified, and with which DNS. The report is drawn in report.js.

import {
  dohResolver,
  examine,
  fromFile,
  init,
  recognize,
  recordingResolver,
  Transcript,
  transcriptResolver,
} from "../web.js";
import { showReport } from "./report.js";

const element = (id) => document.getElementById(id);

/** The message's octets and the transcript's text, once a file was chosen or dropped. */
const chosen = { message: undefined, transcript: undefined };

/** Each run breaks off the one before it. */
let running;

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});

async function run() {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  busy(true);
  fail(undefined);
  element("report").hidden = true;
  try {
    await init();
    const file = message();
    refuseWhatIsNoMessage(file);
    const { octets, notes } = fromFile(file);
    const recorded = new Transcript();
    const problems = [];
    const resolve = recordingResolver(noting(problems, resolver()), recorded);
    const examination = await examine(octets, { ...envelope(), now: now(), resolve, notes, signal: mine.signal });
    showReport(element("report"), examination, { problems, transcript: recorded.toString() });
    recorded.free();
  } catch (error) {
    if (running === mine) fail(error);
  } finally {
    if (running === mine) busy(false);
  }
}

function message() {
  const pasted = element("message-text").value;
  if (pasted !== "") return pasted;
  if (chosen.message === undefined) throw new Error("There is no message yet: choose a file, or paste its source.");
  return chosen.message;
}

/** A verdict on a picture of a message, or on the text that one sees, would be a verdict on nothing. */
function refuseWhatIsNoMessage(file) {
  const { kind, what, why, advice } = recognize(file);
  if (kind !== "message") throw new Error(`This is ${what}, not a message: ${why}; ${advice}.`);
}

/** What was filled in. The null reverse-path is written `<>`, as in SMTP. */
function envelope() {
  const filled = (id) => element(id).value.trim() || undefined;
  return { ip: filled("ip"), helo: filled("helo"), mailFrom: filled("mail-from")?.replace(/^<(.*)>$/, "$1") };
}

function now() {
  const given = element("now").value;
  return given === "" ? new Date() : new Date(given);
}

function resolver() {
  if (element("dns-doh").checked) {
    const url = element("doh-url").value.trim();
    if (url === "") throw new Error("There is no resolver yet: give its URL, or choose a transcript.");
    return dohResolver(url);
  }
  if (chosen.transcript === undefined) throw new Error("There is no transcript yet: choose its file.");
  return transcriptResolver(new Transcript(chosen.transcript));
}

/** A failed lookup is a temporary error in the report; why it failed is for the page to say. */
function noting(problems, resolve) {
  return async (name, recordType, context) => {
    try {
      return await resolve(name, recordType, context);
    } catch (error) {
      if (!context.signal?.aborted) problems.push(`${name} ${recordType}: ${error.message}`);
      throw error;
    }
  };
}

function busy(on) {
  element("verify").disabled = on;
  element("status").textContent = on ? "Looking things up…" : "";
}

function fail(error) {
  element("error").hidden = error === undefined;
  element("error").textContent = error?.message ?? "";
}

async function takeMessage(file) {
  chosen.message = new Uint8Array(await file.arrayBuffer());
  element("message-text").value = "";
  showChosen("message-name", file);
}

async function takeTranscript(file) {
  chosen.transcript = await file.text();
  element("dns-transcript").checked = true;
  showChosen("transcript-name", file);
}

function showChosen(id, file) {
  element(id).textContent = `${file.name}, ${file.size.toLocaleString("en")} octets`;
  element(id).classList.add("there");
}

function acceptFiles(input, zone, take) {
  const takeFirst = (files) => {
    if (files.length > 0) take(files[0]).catch(fail);
  };
  element(input).addEventListener("change", (event) => takeFirst(event.target.files));
  const target = element(zone);
  target.addEventListener("dragover", () => target.classList.add("over"));
  target.addEventListener("dragleave", () => target.classList.remove("over"));
  target.addEventListener("drop", (event) => {
    target.classList.remove("over");
    takeFirst(event.dataTransfer.files);
  });
}

acceptFiles("message-file", "message-drop", takeMessage);
acceptFiles("transcript-file", "transcript-drop", takeTranscript);
// A file that is dropped beside its place must not take the page's place.
for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
element("doh-url").addEventListener("input", () => (element("dns-doh").checked = true));
