// Makes dist/: bff.js for a page without a bundler (one minified file), and the npm package's entries with their types.
import { copyFile } from 'node:fs/promises';
import { build } from 'esbuild';

const ENTRIES = ['index'];

const common = { bundle: true, format: 'esm', target: ['chrome98', 'firefox97', 'safari15.4'], charset: 'utf8', sourcemap: true, outdir: 'dist', absWorkingDir: import.meta.dirname ?? process.cwd() };

await build({ ...common, entryPoints: ['src/bff.js'], minify: true });
for (const entry of ENTRIES) {
  // The other entries use the main one's session, not one of their own.
  await build({ ...common, entryPoints: [`src/${entry}.js`], external: entry === 'index' ? [] : ['./index.js'] });
  await copyFile(new URL(`src/${entry}.d.ts`, import.meta.url), new URL(`dist/${entry}.d.ts`, import.meta.url));
}
