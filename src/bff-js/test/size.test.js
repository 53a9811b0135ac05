// What a page loads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const MOST = 6_000; // bytes, gzipped, for what a page needs that uses no adapter (jQuery, auth0.js)

test('the script is small', async () => {
  const { outputFiles: [{ contents }] } = await build({ entryPoints: [new URL('../src/core.js', import.meta.url).pathname], bundle: true, format: 'esm', minify: true, charset: 'utf8', write: false });
  const size = gzipSync(contents, { level: 9 }).length;
  assert.ok(size < MOST, `${size} bytes`);
});

test('a bundler drops what a page does not use', async () => {
  const contents = `import { session } from ${JSON.stringify(new URL('../src/index.js', import.meta.url).pathname)}; console.log(session());`;
  const { outputFiles: [{ text }] } = await build({ stdin: { contents, resolveDir: '/' }, bundle: true, format: 'esm', write: false });
  assert.doesNotMatch(text, /ajax|EventSource|createElement/);
});
