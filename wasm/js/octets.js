// Messages in the forms in which programs have them, as octets.

/** How much goes into the engine in one call. */
const CHUNK = 256 * 1024;

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
