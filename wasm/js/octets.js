// Messages in the forms in which programs have them, as octets.

/** How much goes into the engine in one call. */
const CHUNK = 256 * 1024;
const CR = 13;
const LF = 10;

/** The octets of a buffer, not copied. */
export function asOctets(value, what) {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (Object.prototype.toString.call(value) === "[object ArrayBuffer]") return new Uint8Array(value);
  throw new TypeError(`${what} must be a Uint8Array`);
}

/** The chunks of a message: a buffer, a string, a Blob, a ReadableStream or anything else that can be iterated. */
export async function* chunksOf(message) {
  if (typeof message === "string") {
    yield* slices(new TextEncoder().encode(message));
  } else if (typeof message?.stream === "function") {
    yield* read(message.stream());
  } else if (typeof message?.getReader === "function") {
    yield* read(message);
  } else if (typeof message?.[Symbol.asyncIterator] === "function") {
    for await (const chunk of message) yield* slices(chunkOctets(chunk));
  } else {
    yield* slices(asOctets(message, "the message"));
  }
}

/** Not every browser can iterate a stream, so it is read by its reader. */
async function* read(stream) {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        ended = true;
        return;
      }
      yield* slices(chunkOctets(value));
    }
  } finally {
    if (!ended) reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

function chunkOctets(chunk) {
  return typeof chunk === "string" ? new TextEncoder().encode(chunk) : asOctets(chunk, "a chunk of the message");
}

function* slices(octets) {
  for (let start = 0; start < octets.length; start += CHUNK) yield octets.subarray(start, start + CHUNK);
}

/**
 * A message as a file has it, as it would be on the wire. Files often have LF where mail has CRLF (RFC 5321 §2.3.8);
 * one that has no CRLF at all is converted, and `notes` says so in the report. One that has both is left alone: there
 * a bare LF is part of the message.
 */
export function fromFile(file) {
  const octets = typeof file === "string" ? new TextEncoder().encode(file) : asOctets(file, "the file");
  let lines = 0;
  for (let at = octets.indexOf(LF); at >= 0; at = octets.indexOf(LF, at + 1)) {
    if (at > 0 && octets[at - 1] === CR) return { octets, notes: [] };
    lines += 1;
  }
  if (lines === 0) return { octets, notes: [] };
  const converted = new Uint8Array(octets.length + lines);
  let to = 0;
  for (const octet of octets) {
    if (octet === LF) converted[to++] = CR;
    converted[to++] = octet;
  }
  const why = "the file has only LF as line ending, where mail has CRLF";
  return {
    octets: converted,
    notes: [{ step: "message", outcome: "LF converted to CRLF", why, rfc: "RFC 5321 §2.3.8" }],
  };
}
