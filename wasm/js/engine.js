// The engine: the WebAssembly module once it is loaded, and what is in it.

import start, {
  decodeResponse,
  encodeQuery,
  extract,
  face,
  fromFile,
  initSync,
  recognize,
  Transcript as EngineTranscript,
  Verification as EngineVerification,
} from "./passerelle.js";

import { asOctets } from "./octets.js";

let loaded = false;
let loading;
let whereItIs = () => {
  throw new Error("init() needs the WebAssembly module here: its URL, its bytes, or the compiled module");
};

/** Says where the module is, for an entry point whose platform loads it later. */
export function locate(where) {
  whereItIs = where;
}

/** Takes the module's bytes or the compiled module at once, for an entry point that has them. */
export function initNow(module) {
  initSync({ module });
  loaded = true;
}

/** Loads the engine, once. What failed to load can be tried again. */
export function init(source) {
  if (loaded) return Promise.resolve();
  loading ??= load(source).finally(() => {
    loading = undefined;
  });
  return loading;
}

async function load(source) {
  await start({ module_or_path: source ?? whereItIs() });
  loaded = true;
}

/** The functions of the module, once it is loaded. */
export function engine() {
  needEngine();
  return { decodeResponse, encodeQuery, extract, face, fromFile, recognize };
}

function needEngine() {
  if (!loaded) throw new Error("the engine is not loaded yet: await init() first");
}

export class Verification extends EngineVerification {
  constructor(options) {
    needEngine();
    const message = options?.envelopeFromMessage;
    super(message === undefined || message === null ? options : { ...options, envelopeFromMessage: asOctets(message, "envelopeFromMessage") });
  }

  octets(chunk) {
    super.octets(asOctets(chunk, "a chunk of the message"));
  }

  answer(id, answer) {
    // WebAssembly would take any value for some number.
    if (!Number.isInteger(id) || id < 0 || id > 0xffffffff) throw new TypeError("id must be a question's number");
    super.answer(id, answer);
  }
}

export class Transcript extends EngineTranscript {
  constructor(json) {
    needEngine();
    if (json !== undefined && typeof json !== "string") throw new TypeError("a transcript is read from a string");
    super(json);
  }

  answer(name, recordType) {
    return super.answer(text(name, "name"), text(recordType, "recordType"));
  }

  record(name, recordType, answer) {
    super.record(text(name, "name"), text(recordType, "recordType"), answer);
  }

  /** What JSON.stringify() takes it for. */
  toJSON() {
    return JSON.parse(this.toString());
  }
}

/** The value, which must be a string. */
export function text(value, what) {
  if (typeof value !== "string") throw new TypeError(`${what} must be a string`);
  return value;
}
