// Files that are handed in as messages: what each is, the message that is in it, and its form on the wire. The engine
// decides; this checks the arguments.

import { engine } from "./engine.js";
import { asOctets } from "./octets.js";

/** What a file is, and for one that is no message why not and what to do. */
export function recognize(file) {
  return engine().recognize(octetsOf(file));
}

/** The message that is in a file of another kind: of an mbox the one of this number; of a message the one it carries. */
export function extract(file, number = 1) {
  if (!Number.isSafeInteger(number) || number < 1) throw new TypeError("number must be 1 or more");
  const message = engine().extract(octetsOf(file), number);
  if (message === undefined) throw new Error("there is no message in it that could be taken out");
  return message;
}

/** A message as a file has it, as it would be on the wire; `notes` says in the report what was done. */
export function fromFile(file) {
  return engine().fromFile(octetsOf(file));
}

function octetsOf(file) {
  return typeof file === "string" ? new TextEncoder().encode(file) : asOctets(file, "the file");
}
