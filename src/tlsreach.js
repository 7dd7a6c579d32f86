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
      var here = new URL('.', import.meta.url);
      var built = /\/node_modules\//.test(decodeURIComponent(here.pathname));
      var own = built ? new URL('../dist/', here).href : here.href;
      var format = built ? 'module' : 'module-typescript';
      module.registerHooks({ resolve: ownFiles(own, format) });
      return import(built ? '../dist/cli/main.js' : './cli/main.ts');
    })
    .catch(function (error) {
      console.error('tlsreach could not start: ' + (error && error.stack ? error.stack : error));
      process.exit(4);
    });
}

/*
 * Our own files name each other by relative paths with their endings, so nothing has to be looked for: this spares Node
 * the questions to the file system that it otherwise asks about each of some two hundred files, a quarter of the start.
 * Whatever other files ask for goes its usual way.
 */
function ownFiles(own, format) {
  return function (specifier, context, next) {
    var parent = context.parentURL || '';
    if (specifier.charAt(0) !== '.' || parent.indexOf(own) !== 0) return next(specifier, context);
    var file = new URL(specifier, parent).href;
    return { url: file, format: format, shortCircuit: true };
  };
}
