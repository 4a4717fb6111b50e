// DNS messages, for transports of one's own. The engine writes and reads them; this checks the arguments.

import { engine, text } from "./engine.js";
import { asOctets } from "./octets.js";

/** The DNS message that asks for the records of a name and type. */
export function encodeQuery(name, recordType) {
  return engine().encodeQuery(text(name, "name"), text(recordType, "recordType"));
}

/** What a resolver's DNS message answers to that. It throws when there is no answer in it. */
export function decodeResponse(message, name, recordType) {
  const octets = asOctets(message, "the DNS message");
  return engine().decodeResponse(octets, text(name, "name"), text(recordType, "recordType"));
}
