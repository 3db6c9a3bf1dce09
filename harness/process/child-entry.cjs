// First file of every child process of ours: lets Node.js run TypeScript there, then runs the module named first.
const { fileURLToPath } = require('node:url');
require('tsx/cjs/api').register();
require(fileURLToPath(process.argv[2]));
