// Entry for edge workers, which may not compile code while they run: the platform imports the module compiled.

import module from "./passerelle_bg.wasm";

import { initNow } from "./engine.js";

initNow(module);

export * from "./api.js";
