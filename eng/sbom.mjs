// What is in a release, as a CycloneDX 1.6 bill of materials, made of what was published and the lock files; nothing is asked of a network.
//
//   node eng/sbom.mjs program FOLDER     of a published program: its packages, the .NET runtime it has or needs, what Node.js made of npm packages
//   node eng/sbom.mjs image FOLDER       of an image with that program: the same, the base image, and the packages of its /var/lib/dpkg/status
//   node eng/sbom.mjs npm FOLDER         of an npm package
//   node eng/sbom.mjs nuget FOLDER       of a NuGet package: what it needs besides, and the page script that is in it
//
// Options: --version V, --epoch SECONDS (of the commit), --name N, --base IMAGE[@sha256:…], --dpkg FILE. The same input gives the same bytes.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const packages = process.env.NUGET_PACKAGES ?? join(homedir(), '.nuget', 'packages');

/** npm projects whose products are part of the program. */
const embedded = ['src/bff-js', 'src/ops-charts'];

const json = (file) => JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
const hex = (base64) => Buffer.from(base64, 'base64').toString('hex');
const sha512 = (content) => [{ alg: 'SHA-512', content }];
const named = (licence) => (/^[\w.+-]+$/.test(licence) ? [{ license: { id: licence } }] : [{ expression: licence }]);
const ours = (type, name, version, purl) => ({ type, 'bom-ref': purl, name, version, licenses: named('MIT'), purl });

/** @returns the licence a package says it has; one that it only has as a file or an address is told by that */
const nugetLicence = (nuspec) => {
  const said = /<license type="(expression|file)">([^<]+)</.exec(nuspec);
  if (said?.[1] === 'expression') return named(said[2].trim());
  const text = said?.[2] ?? /<licenseUrl>([^<]+)</.exec(nuspec)?.[1];
  return text ? [{ license: { name: text.trim() } }] : undefined;
};

const nuget = (name, version) => {
  const folder = join(packages, name.toLowerCase(), version.toLowerCase());
  const nuspec = join(folder, `${name.toLowerCase()}.nuspec`), hash = join(folder, `${name.toLowerCase()}.${version.toLowerCase()}.nupkg.sha512`);
  if (!existsSync(nuspec) || !existsSync(hash)) throw new Error(`${name} ${version} is not in ${packages}: restore first`);
  const purl = `pkg:nuget/${name}@${version}`;
  return {
    type: 'library', 'bom-ref': purl, name, version, purl, hashes: sha512(hex(readFileSync(hash, 'utf8'))),
    licenses: nugetLicence(readFileSync(nuspec, 'utf8')),
  };
};

/** What a published program has: packages, and the runtime where it is self-contained. */
const fromDeps = (folder) => {
  const deps = json(join(folder, 'Bff.deps.json'));
  const targets = deps.targets[deps.runtimeTarget.name];
  const nameOf = (key) => key.split('/')[0].replace(/^runtimepack\./, '');
  const found = Object.entries(deps.libraries).filter(([, { type }]) => type === 'package' || type === 'runtimepack')
    .map(([key, { type }]) => ({ key, component: { ...nuget(nameOf(key), key.split('/')[1]), type: type === 'runtimepack' ? 'framework' : 'library' } }));
  const refs = new Map(found.map(({ key, component }) => [key, component['bom-ref']]));
  // A project of ours is no component: what it depends on, the program does.
  const edges = (key) => [...new Set(Object.entries(targets[key]?.dependencies ?? {}).map(([name, version]) => `${name}/${version}`)
    .flatMap((to) => (deps.libraries[to]?.type === 'project' ? edges(to) : refs.get(to) ?? [])))].sort();
  return {
    components: found.map(({ component }) => component),
    dependencies: found.map(({ key, component }) => ({ ref: component['bom-ref'], dependsOn: edges(key) })),
    direct: [...edges(Object.keys(deps.libraries).find((key) => key.startsWith('Bff/'))), ...found.filter(({ component }) => component.type === 'framework')
      .map(({ component }) => component['bom-ref'])],
  };
};

/** What the machine has to have. */
const neededFrameworks = (folder) => (json(join(folder, 'Bff.runtimeconfig.json')).runtimeOptions.frameworks ?? []).map(({ name, version }) => ({
  type: 'framework', 'bom-ref': `framework:${name}`, name, version, licenses: named('MIT'),
  description: `Not part of this: any ${name} of the same major version, from ${version} on.`,
}));

/** What a lock file says is needed at run time. */
const npmPackages = (folder) => Object.entries(json(join(root, folder, 'package-lock.json')).packages)
  .filter(([path, { dev, devOptional, peer, link }]) => path && !dev && !devOptional && !peer && !link)
  .map(([path, { version, integrity, license }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
    if (!integrity?.startsWith('sha512-')) throw new Error(`${name} ${version} has no SHA-512 hash in ${folder}/package-lock.json`);
    const hashes = sha512(hex(integrity.slice('sha512-'.length)));
    return { type: 'library', 'bom-ref': purl, name, version, purl, hashes, licenses: license && named(license) };
  });

/** What the lock file of a project says is needed at run time: what is asked for, and what that brings. */
const nugetPackages = (folder) => {
  const locked = json(join(root, folder, 'packages.lock.json')).dependencies['net10.0'];
  const builds = new Set([...readFileSync(join(root, folder, `${folder.split('/').at(-1)}.csproj`), 'utf8').matchAll(/Include="([^"]+)" PrivateAssets="all"/g),
    ...readFileSync(join(root, 'Directory.Build.props'), 'utf8').matchAll(/Include="([^"]+)" PrivateAssets="all"/g)].map(([, name]) => name));
  const needed = Object.entries(locked).filter(([name, { type }]) => type !== 'Project' && !builds.has(name));
  const components = needed.map(([name, { resolved }]) => nuget(name, resolved));
  const refs = new Map(needed.map(([name], at) => [name, components[at]['bom-ref']]));
  return {
    components, direct: needed.filter(([, { type }]) => type === 'Direct').map(([name]) => refs.get(name)),
    dependencies: needed.map(([name, { dependencies }]) => (
      { ref: refs.get(name), dependsOn: Object.keys(dependencies ?? {}).map((to) => refs.get(to)).filter(Boolean).sort() })),
  };
};

const npmPackage = (folder) => {
  const { name, version } = json(join(root, folder, 'package.json'));
  return ours('library', name, version, `pkg:npm/${name}@${version}`);
};

/** A file that a package manager keeps: name, version and architecture of what is installed. */
const fromDpkg = (file) => readFileSync(file, 'utf8').split(/\n\n+/).map((entry) => Object.fromEntries(entry.split('\n')
  .map((line) => /^(Package|Version|Architecture): (.+)$/.exec(line)).filter(Boolean).map(([, key, value]) => [key, value])))
  .filter(({ Package, Version }) => Package && Version)
  .map(({ Package, Version, Architecture }) => {
    const purl = `pkg:deb/ubuntu/${Package}@${encodeURIComponent(Version)}?arch=${Architecture}`;
    return { type: 'library', 'bom-ref': purl, name: Package, version: Version, purl };
  });

const baseImage = (base) => {
  const [, host, name, tag, digest] = /^(?:([^/]+\.[^/]+)\/)?([^:@]+)(?::([^@]+))?(?:@sha256:([0-9a-f]{64}))?$/.exec(base) ?? [];
  if (!name) throw new Error(`'${base}' is no image`);
  const repository = [host, name].filter(Boolean).join('/'), at = digest ? `@sha256%3A${digest}` : '';
  const purl = `pkg:oci/${name.split('/').at(-1)}${at}?repository_url=${repository}${tag ? `&tag=${tag}` : ''}`;
  return {
    type: 'container', 'bom-ref': purl, name: repository, version: tag ?? 'latest', purl,
    hashes: digest && [{ alg: 'SHA-256', content: digest }], description: digest ? undefined : 'By its tag only: the digest was not looked up.',
  };
};

const program = (folder, options, image) => {
  const { components, dependencies, direct } = fromDeps(folder);
  const more = [...neededFrameworks(folder), ...embedded.flatMap((project) => npmPackages(project)), npmPackage('src/bff-js')];
  if (image) more.push(baseImage(options.base), ...(options.dpkg ? fromDpkg(options.dpkg) : []));
  const main = ours(image ? 'container' : 'application', options.name ?? 'bff', options.version, `pkg:generic/${options.name ?? 'bff'}@${options.version}`);
  return { main, components: [...components, ...more], dependencies: [...dependencies, ...more.map((one) => ({ ref: one['bom-ref'], dependsOn: [] }))],
    direct: [...direct, ...more.map((one) => one['bom-ref'])] };
};

const kinds = {
  program: (folder, options) => program(folder, options, false),
  image: (folder, options) => program(folder, options, true),
  nuget: (folder, { version }) => {
    const name = folder.split('/').at(-1), script = npmPackage('src/bff-js'), { components, dependencies, direct } = nugetPackages(folder);
    return { main: ours('library', name, version, `pkg:nuget/${name}@${version}`), components: [...components, script],
      dependencies: [...dependencies, { ref: script['bom-ref'], dependsOn: [] }], direct: [...direct, script['bom-ref']] };
  },
  npm: (folder) => {
    const components = npmPackages(folder);
    return { main: npmPackage(folder), components, dependencies: components.map((one) => ({ ref: one['bom-ref'], dependsOn: [] })),
      direct: components.map((one) => one['bom-ref']) };
  },
};

const byRef = (one, other) => ((one['bom-ref'] ?? one.ref) < (other['bom-ref'] ?? other.ref) ? -1 : 1);

const bill = ({ main, components, dependencies, direct }, { epoch }) => {
  const content = {
    metadata: {
      timestamp: new Date(Number(epoch) * 1000).toISOString(), component: main,
      tools: { components: [{ type: 'application', name: 'eng/sbom.mjs', version: main.version }] },
    },
    components: components.sort(byRef),
    dependencies: [{ ref: main['bom-ref'], dependsOn: [...new Set(direct)].sort() }, ...dependencies].sort(byRef),
  };
  const id = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const serialNumber = `urn:uuid:${id.slice(0, 8)}-${id.slice(8, 12)}-5${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20, 32)}`;
  return { $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json', bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber, version: 1, ...content };
};

const { values, positionals: [kind, folder, ...rest] } = parseArgs({
  allowPositionals: true,
  options: {
    version: { type: 'string', default: '0.0.0' }, epoch: { type: 'string', default: '0' },
    name: { type: 'string' }, base: { type: 'string' }, dpkg: { type: 'string' },
  },
});
if (!kinds[kind] || !folder || rest.length > 0 || (kind === 'image' && !values.base)) {
  console.error('usage: node eng/sbom.mjs program|image|npm FOLDER [--version V] [--epoch SECONDS] [--name N] [--base IMAGE] [--dpkg FILE]');
  process.exit(64);
}
console.log(JSON.stringify(bill(kinds[kind](folder, values), values), null, 2));
