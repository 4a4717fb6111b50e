// What the package offers, the same on every platform.

export { decodeResponse, encodeQuery } from "./dns.js";
export { dohResolver } from "./doh.js";
export { init, Transcript, Verification } from "./engine.js";
export { face } from "./face.js";
export { extract, fromFile, recognize } from "./file.js";
export { recordingResolver, transcriptResolver } from "./resolvers.js";
export { examine, verify } from "./verify.js";
