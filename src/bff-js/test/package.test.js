// What is published.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('..', import.meta.url));
const about = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));

const MOST = 6_000; // bytes, for what a page needs that uses no adapter (jQuery, auth0.js)

const bundle = async (contents, external = []) => {
  const stdin = { contents, resolveDir: folder };
  const { outputFiles } = await build({
    stdin, bundle: true, minify: true, format: 'esm', charset: 'utf8', write: false, external, logLevel: 'silent',
  });
  return outputFiles[0];
};

/** @returns how many bytes a page gets that is written like this: minified, gzipped */
const sizeOf = async (contents, external) => gzipSync((await bundle(contents, external)).contents, { level: 9 }).length;

test('the package has the version of the product', async () => {
  const props = await readFile(new URL('../../../Directory.Build.props', import.meta.url), 'utf8');
  assert.equal(about.version, /<Version>(.*)<\/Version>/.exec(props)?.[1]);
});

test('every entry is there, with types', async () => {
  for (const { types, default: script } of Object.values(about.exports).filter((entry) => typeof entry === 'object')) {
    await access(new URL(`../${types}`, import.meta.url));
    await access(new URL(`../${script}`, import.meta.url));
  }
});

test('what is packed is what the entries need', () => {
  const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder, encoding: 'utf8' }));
  const packed = new Set(files.map(({ path }) => path));
  const needed = Object.values(about.exports).flatMap((entry) => Object.values(typeof entry === 'object' ? entry : { entry }));
  assert.deepEqual(needed.filter((path) => !packed.has(path.replace('./', ''))), []);
  assert.deepEqual([...packed].filter((path) => !/^(src|dist)\/|^(README\.md|LICENSE|package\.json)$/.test(path)), []);
});

test('the script is small', async () => {
  const size = await sizeOf("export * from './src/core.js';");
  assert.ok(size < MOST, `${size} bytes`);
});

test('a bundler leaves out what a page does not use', async (t) => {
  const sizes = {
    login: await sizeOf("import { login } from 'bff-js'; login();"),
    fetch: await sizeOf("import { fetch } from 'bff-js'; fetch('/');"),
    everything: await sizeOf("import * as bff from 'bff-js'; console.log(bff);"),
    react: await sizeOf("import * as all from 'bff-js/react'; console.log(all);", ['react']),
    vue: await sizeOf("import * as all from 'bff-js/vue'; console.log(all);", ['vue']),
    angular: await sizeOf("import * as all from 'bff-js/angular'; console.log(all);", ['@angular/*', 'rxjs']),
    axios: await sizeOf("import { useBff } from 'bff-js/axios'; useBff();"),
    jquery: await sizeOf("import { install } from 'bff-js/jquery'; install();"),
    nothing: await sizeOf("import 'bff-js'; import 'bff-js/react'; import 'bff-js/vue'; import 'bff-js/angular';", ['react', 'vue', '@angular/*', 'rxjs']),
  };
  t.diagnostic(JSON.stringify(sizes));
  assert.ok(sizes.nothing < 100, 'an import alone costs nothing');
  assert.ok(sizes.login < sizes.everything / 2);
  assert.ok(sizes.fetch < sizes.everything);
  const { text } = await bundle("import { session } from 'bff-js'; console.log(session());");
  assert.doesNotMatch(text, /ajax|EventSource|createElement/);
});
