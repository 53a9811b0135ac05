// Asks the registries whether a package that is built in or shipped has a known vulnerability: 'dotnet list package --vulnerable --include-transitive', and
// npm's audit. Exit codes: 0 none is known, 1 one is, 3 a registry did not say, 70 this script failed.
//
//   node eng/audit.mjs
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.on('uncaughtException', (error) => { console.error(error); process.exit(70); });

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dotnetProjects = ['src/Bff', 'src/DevStack', 'src/SpaStatic'], npmProjects = ['src/bff-js', 'src/ops-charts', 'src/SpaStatic'];

const output = (program, args, folder = '.') =>
  spawnSync(program, args, { cwd: join(root, folder), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).stdout ?? '';
const parsed = (text) => { try { return JSON.parse(text); } catch { return undefined; } };

const answers = []; // { what, found: string[] } or { what, silent: why }

/** A source without this resource has nothing to say, and the SDK then reports that nothing is known. */
const publishesVulnerabilities = async (source) => {
  try {
    const index = await (await fetch(source, { signal: AbortSignal.timeout(20_000) })).json();
    return index.resources.some((resource) => String(resource['@type']).startsWith('VulnerabilityInfo/'));
  } catch { return false; }
};

const sources = output('dotnet', ['nuget', 'list', 'source', '--format', 'short']).split('\n')
  .filter((line) => line.startsWith('E http')).map((line) => line.slice(2).trim());
const canSay = (await Promise.all(sources.map(publishesVulnerabilities))).some(Boolean);
for (const what of dotnetProjects) {
  if (!canSay) { answers.push({ what, silent: 'no NuGet source that is configured publishes vulnerabilities' }); continue; }
  const report = parsed(output('dotnet', ['list', what, 'package', '--vulnerable', '--include-transitive', '--format', 'json']));
  // A project that was not restored is one of the projects, without packages; that nothing was looked at is among the problems.
  const problem = report?.problems?.find(({ level }) => level !== 'warning');
  if (!report?.projects?.length || problem) {
    answers.push({ what, silent: `dotnet list package failed${problem ? `: ${problem.text}` : ''}` });
    continue;
  }

  const packages = report.projects.flatMap(({ frameworks = [] }) => frameworks)
    .flatMap(({ topLevelPackages = [], transitivePackages = [] }) => [...topLevelPackages, ...transitivePackages]);
  answers.push({ what, found: packages.flatMap(({ id, resolvedVersion, vulnerabilities = [] }) =>
    vulnerabilities.map(({ severity, advisoryurl }) => `${id} ${resolvedVersion}: ${severity} ${advisoryurl}`)) });
}

for (const what of npmProjects) {
  const report = parsed(output('npm', ['audit', '--package-lock-only', '--json'], what));
  if (!report?.metadata?.vulnerabilities) { answers.push({ what, silent: `npm's registry said ${(report?.message ?? 'nothing').split(' - ')[0]}` }); continue; }
  answers.push({ what, found: Object.values(report.vulnerabilities ?? {}).map(({ name, range, severity, via }) =>
    `${name} ${range}: ${severity} ${via.map((one) => one.url).filter(Boolean).join(' ')}`) });
}

for (const { what, found, silent } of answers) {
  if (silent) console.log(`NOT AUDITED  ${what}: ${silent}`);
  else if (found.length === 0) console.log(`audited      ${what}: nothing is known`);
  else for (const line of [...new Set(found)]) console.log(`VULNERABLE   ${what}: ${line}`);
}

process.exit(answers.some(({ found }) => found?.length > 0) ? 1 : answers.some(({ silent }) => silent) ? 3 : 0);
