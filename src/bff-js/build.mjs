// Makes dist/bff.js, one minified file for a page without a bundler. Who has one takes the modules of src/ as they are: see "exports" in package.json.
import { build } from 'esbuild';

await build({
  absWorkingDir: import.meta.dirname ?? process.cwd(),
  entryPoints: ['src/bff.js'],
  outdir: 'dist',
  bundle: true,
  minify: true,
  sourcemap: true,
  format: 'esm',
  target: ['chrome98', 'firefox97', 'safari15.4'],
  charset: 'utf8',
});
