#!/usr/bin/env node
/* Plain JavaScript that even an old Node reads: it says what is needed before it touches anything newer. */
var NEEDED = 24;
var major = Number(process.versions.node.split('.')[0]);

if (major < NEEDED) {
  console.error(
    'tlsreach needs Node ' +
      NEEDED +
      ' or newer; this is Node ' +
      process.versions.node +
      '.\n' +
      'Inside the project "npm ci" brings one: run "npx tlsreach", or "node_modules/.bin/node src/tlsreach.js".\n' +
      'Elsewhere install a newer one from https://nodejs.org/.',
  );
  process.exit(2);
} else {
  start();
}

/* The cache of compiled sources comes first, so that it holds everything after it. */
function start() {
  import('node:module')
    .then(function (module) {
      module.enableCompileCache();
      /* Node strips types from its own project's files only: below node_modules the built ones are taken. */
      var here = decodeURIComponent(new URL('.', import.meta.url).pathname);
      return import(/\/node_modules\//.test(here) ? '../dist/cli/main.js' : './cli/main.ts');
    })
    .catch(function (error) {
      console.error('tlsreach could not start: ' + (error && error.stack ? error.stack : error));
      process.exit(4);
    });
}
