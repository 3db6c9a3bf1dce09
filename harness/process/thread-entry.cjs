// First file of every worker thread: lets Node.js run TypeScript there, then runs the module it was started for.
// The synchronous CommonJS hook starts a thread in 60 ms; tsx's module hooks would take 200 ms.
const { fileURLToPath } = require('node:url');
const { workerData } = require('node:worker_threads');
require('tsx/cjs/api').register();
require(fileURLToPath(workerData.module));
