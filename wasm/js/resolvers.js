// Functions that look DNS records up: `resolve(name, recordType, {signal})`, and what they are made of.

/** Codes of errors that mean that no answer came in time: of node:dns, of sockets, and of Node's fetch. */
const TIMEOUT_CODES = new Set([
  "ETIMEOUT",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);

/** The answer of `resolve`, its failure being an answer too. */
export async function lookUp(resolve, name, recordType, signal) {
  try {
    return await resolve(name, recordType, { signal });
  } catch (error) {
    return { status: isTimeout(error) ? "TIMEOUT" : "SERVFAIL", records: [], ttl: 0, secure: false };
  }
}

function isTimeout(error) {
  return [error, error?.cause].some((e) => e?.name === "TimeoutError" || TIMEOUT_CODES.has(e?.code));
}

/** Answers from a transcript. */
export function transcriptResolver(transcript) {
  return async (name, recordType) => transcript.answer(name, recordType);
}

/** Answers as `resolve` does, and notes each answer, failures included, in the transcript. */
export function recordingResolver(resolve, transcript) {
  return async (name, recordType, { signal } = {}) => {
    const answer = await lookUp(resolve, name, recordType, signal);
    // What was broken off has no answer to note.
    if (!signal?.aborted) transcript.record(name, recordType, answer);
    return answer;
  };
}
