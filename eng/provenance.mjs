// Says how a release was made, as an in-toto statement with SLSA's provenance (v1): which commit, which lock files, which tools, by whom. It proves as much as
// the signature over it, or over SHA256SUMS, which lists it.
//
//   node eng/provenance.mjs --builder URI --version V [--parameter NAME=VALUE]... FILE...
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = (program, ...args) => execFileSync(program, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
const quietly = (program, ...args) => { try { return run(program, ...args); } catch { return ''; } };
const digest = (file) => ({ sha256: createHash('sha256').update(readFileSync(file)).digest('hex') });

const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { builder: { type: 'string' }, version: { type: 'string' }, parameter: { type: 'string', multiple: true, default: [] } },
});
if (!values.builder || !values.version || files.length === 0) {
  console.error('usage: node eng/provenance.mjs --builder URI --version V [--parameter NAME=VALUE]... FILE...');
  process.exit(64);
}

/** Where the source comes from, without a name or password in it. */
const origin = quietly('git', 'config', '--get', 'remote.origin.url').replace(/^(\w+:\/\/)[^/]*@/, '$1').replace(/[?#].*/s, '');
const source = { uri: `git+${/^\w+:\/\//.test(origin) ? origin : 'local'}`, digest: { gitCommit: run('git', 'rev-parse', 'HEAD') } };
const locks = run('git', 'ls-files', '*packages.lock.json', '*package-lock.json', 'global.json', 'eng/base-images.lock').split('\n')
  .filter((file) => file.startsWith('src/') || !file.includes('/') || file.startsWith('eng/'));

console.log(JSON.stringify({
  _type: 'https://in-toto.io/Statement/v1',
  subject: files.map((file) => ({ name: basename(file), digest: digest(file) })).sort((one, other) => (one.name < other.name ? -1 : 1)),
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: 'urn:bff:eng/release.sh:1',
      externalParameters: { version: values.version, ...Object.fromEntries(values.parameter.map((text) => text.split(/=(.*)/s).slice(0, 2))) },
      internalParameters: {
        dotnet: quietly('dotnet', '--version'), node: process.version, npm: quietly('npm', '--version'), platform: `${process.platform}-${process.arch}`,
        hasUncommittedChanges: run('git', 'status', '--porcelain') !== '',
      },
      resolvedDependencies: [source, ...locks.map((file) => ({ name: file, digest: digest(join(root, file)) }))],
    },
    runDetails: { builder: { id: values.builder }, metadata: { finishedOn: new Date().toISOString() } },
  },
}, null, 2));
