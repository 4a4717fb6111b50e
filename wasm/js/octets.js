// Messages in the forms in which programs have them, as octets.

/** How much goes into the engine in one call. */
const CHUNK = 256 * 1024;
const CR = 13;
const LF = 10;
/** "From ", the beginning of the line that separates messages in an mbox file. */
const SEPARATOR = [0x46, 0x72, 0x6f, 0x6d, 0x20];

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
 * A message as a file has it, as it would be on the wire, by the rules of the command: an mbox separator is dropped
 * (RFC 4155), and where the first line ends with LF alone, every LF without CR becomes CRLF (RFC 5321 §2.3.8).
 * `notes` says in the report what was done.
 */
export function fromFile(file) {
  const notes = [];
  let octets = typeof file === "string" ? new TextEncoder().encode(file) : asOctets(file, "the file");
  if (SEPARATOR.every((octet, at) => octets[at] === octet) && octets.includes(LF)) {
    octets = octets.subarray(octets.indexOf(LF) + 1);
    notes.push(SEPARATOR_DROPPED);
  }
  const end = octets.indexOf(LF);
  if (end < 0 || octets[end - 1] === CR) return { octets, notes };
  notes.push(LF_CONVERTED);
  return { octets: withCrlf(octets), notes };
}

/** The same words as the command's: the report is the same. */
const SEPARATOR_DROPPED = {
  step: "message file",
  outcome: "mbox line dropped",
  why: 'the file begins with the "From " line of an mbox, which is no part of the message',
  rfc: "RFC 4155",
};
const LF_CONVERTED = {
  step: "message file",
  outcome: "LF converted to CRLF",
  why: "lines end with LF in the file; mail has CRLF on the wire, and that is what was signed",
  rfc: "RFC 5321 §2.3.8",
};

function withCrlf(octets) {
  const bare = (at) => octets[at] === LF && octets[at - 1] !== CR;
  let count = 0;
  for (let at = octets.indexOf(LF); at >= 0; at = octets.indexOf(LF, at + 1)) count += bare(at) ? 1 : 0;
  const converted = new Uint8Array(octets.length + count);
  let to = 0;
  for (let at = 0; at < octets.length; at += 1) {
    if (bare(at)) converted[to++] = CR;
    converted[to++] = octets[at];
  }
  return converted;
}
