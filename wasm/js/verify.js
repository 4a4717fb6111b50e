// One message, one envelope, one report: the loop around the engine's Verification.

import { init, Verification } from "./engine.js";
import { chunksOf, headOf } from "./octets.js";
import { lookUp } from "./resolvers.js";

/** Milliseconds: what RFC 7208 §4.6.4 wants an evaluation to be given at least. */
const TIMEOUT = 20_000;
/** What setTimeout can wait for; more would fire at once. */
const LONGEST_TIMER = 0x7fffffff;

/** The report on a message. */
export async function verify(message, options) {
  return (await examine(message, options)).report;
}

/** The report, its JSON exactly as the engine wrote it, and whether the message is authenticated. */
export async function examine(message, options = {}) {
  const { resolve, timeout = TIMEOUT, signal, notes = [], now = new Date(), onResult, ...rest } = options;
  if (typeof resolve !== "function") throw new TypeError("resolve must be a function that looks DNS records up");
  await init();
  signal?.throwIfAborted();
  const seconds = now instanceof Date ? now.getTime() / 1000 : now;
  const envelopeFromMessage = rest.envelopeFromMessage === true ? await headOf(message) : rest.envelopeFromMessage;
  const early = typeof onResult === "function";
  const verification = new Verification({ ...rest, envelopeFromMessage: envelopeFromMessage || undefined, early, now: seconds });
  const run = new Run(verification, resolve, onResult);
  const abort = () => run.fail(signal.reason);
  signal?.addEventListener("abort", abort);
  try {
    for (const step of notes) verification.note(step);
    const { report, authenticated } = await Promise.race([run.reported, run.through(chunksOf(message), timeout)]);
    return { report: JSON.parse(report), json: report, authenticated };
  } finally {
    signal?.removeEventListener("abort", abort);
    run.stop();
    verification.free();
  }
}

/** A verification under way. Questions go out while the message still comes in. */
class Run {
  #verification;
  #resolve;
  #onResult;
  #lookups = new AbortController();
  #timer;
  #over = false;
  #report;

  constructor(verification, resolve, onResult) {
    this.#verification = verification;
    this.#resolve = resolve;
    this.#onResult = onResult;
    this.reported = new Promise((resolved, rejected) => {
      this.#report = resolved;
      this.fail = rejected;
    });
    this.reported.catch(() => {}); // It is waited for later, if at all.
  }

  /** Feeds the whole message, then gives the answers `timeout` milliseconds to come. */
  async through(chunks, timeout) {
    this.#pump();
    for await (const chunk of chunks) {
      if (this.#over) break;
      this.#verification.octets(chunk);
      this.#pump();
    }
    if (!this.#over) {
      this.#verification.end();
      if (timeout <= LONGEST_TIMER) this.#timer = setTimeout(() => this.#deadline(), timeout);
      this.#pump();
    }
    return this.reported;
  }

  /** Nothing that comes later may touch the verification, and nobody waits for the lookups any more. */
  stop() {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#lookups.abort();
  }

  #pump() {
    for (;;) {
      const output = this.#verification.poll();
      if (output.type === "idle") return;
      if (output.type === "report") this.#report(output);
      else if (output.type === "ask") this.#ask(output).catch(this.fail);
      else this.#tell(output);
    }
  }

  /** What is certain before the report. What the program throws breaks the verification off. */
  #tell({ json, ...result }) {
    try {
      this.#onResult({ ...result, value: JSON.parse(json) });
    } catch (error) {
      this.fail(error);
    }
  }

  async #ask({ id, name, recordType }) {
    const answer = await lookUp(this.#resolve, name, recordType, this.#lookups.signal);
    if (this.#over) return;
    try {
      this.#verification.answer(id, answer);
    } catch {
      // A zone can hold what no record may look like. That is its failure, not the caller's.
      this.#verification.answer(id, { status: "SERVFAIL" });
    }
    this.#pump();
  }

  #deadline() {
    if (this.#over) return;
    try {
      this.#verification.deadline();
      this.#pump();
    } catch (error) {
      this.fail(error);
    }
  }
}
