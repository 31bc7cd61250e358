// Reads tasks from the standard input and writes what came of them, in Node.js: node evidence.mjs EVIDENCE.JS < TASKS.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { outcomes } from "./evidence_tasks.mjs";

const evidence = await import(pathToFileURL(process.argv[2]));
writeFileSync(1, JSON.stringify(await outcomes(evidence, JSON.parse(readFileSync(0, "utf-8")))));
