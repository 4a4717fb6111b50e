// What a message shows of itself.

import { engine } from "./engine.js";
import { asOctets } from "./octets.js";

export function face(message) {
  const octets = typeof message === "string" ? new TextEncoder().encode(message) : asOctets(message, "the message");
  return JSON.parse(engine().face(octets));
}
