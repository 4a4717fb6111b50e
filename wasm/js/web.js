// Entry for browsers and bundlers: the module is fetched when it is first needed. Bundlers know this form of a URL and
// take the file along.

import { locate } from "./engine.js";

locate(() => new URL("./passerelle_bg.wasm", import.meta.url));

export * from "./api.js";
