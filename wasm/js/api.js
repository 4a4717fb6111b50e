// What the package offers, the same on every platform.

export { dohResolver } from "./doh.js";
export { init, Transcript, Verification } from "./engine.js";
export { fromFile } from "./octets.js";
export { recordingResolver, transcriptResolver } from "./resolvers.js";
export { examine, verify } from "./verify.js";
