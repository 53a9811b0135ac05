// What stands around the sessions: routes and where they lead, nodes, configuration, certificates.
import { byId, dot, element, line } from './dom.js';
import { day, milliseconds, number, relative, span } from './words.js';

function route({ id, path, cluster, calls: { calls, clientErrors, serverErrors, median, p95 } }) {
  return element('tr', { class: serverErrors > 0.05 * calls ? 'trouble' : '' },
    element('th', { scope: 'row' }, id, element('span', { class: 'quiet sub' }, [path, cluster && `→ ${cluster}`].filter(Boolean).join(' '))),
    element('td', {}, number(calls)),
    element('td', {}, number(clientErrors)),
    element('td', { class: serverErrors > 0 ? 'bad' : '' }, number(serverErrors)),
    element('td', { class: 'wide' }, median === undefined ? '–' : milliseconds(median)),
    element('td', {}, p95 === undefined ? '–' : milliseconds(p95)));
}

function destination({ address, health, isUsed, calls }) {
  const state = health === 'Unhealthy' ? 'bad' : health === 'Healthy' ? 'good' : '';
  const words = [health === 'Unknown' ? 'not checked' : health.toLowerCase(), !isUsed && 'not used', calls > 0 && `${number(calls)} under way`].filter(Boolean).join(', ');
  return element('span', { class: 'line' }, dot(state), `${address}: ${words}`);
}

function node({ name, version, url, startedAt, seenAt, ready, alive, renewals }, now) {
  const label = url ? element('a', { href: url, rel: 'noreferrer' }, name) : name;
  if (alive === undefined) return element('span', { class: 'line' }, dot(''), element('span', {}, label, ` ${version}, unknown while the store is unavailable`));
  const words = alive ? `${version}, up ${span((Date.parse(now) - Date.parse(startedAt)) / 1000)}${ready ? '' : ', not ready'}, ${number(renewals)} ${renewals === 1 ? 'renewal' : 'renewals'}` : `${version}, not reporting, last seen ${relative(seenAt, now)}`;
  return element('span', { class: 'line' }, dot(alive ? (ready ? 'good' : 'warn') : 'bad'), element('span', {}, label, ` ${words}`));
}

function configuration({ state, since, mistakes, waiting }, now) {
  if (state === 'refused') return [element('span', { class: 'line' }, dot('bad'), `Not in use since ${relative(since, now)}: ${mistakes.join('; ')}`)];
  if (state === 'restart_needed') return [element('span', { class: 'line' }, dot('warn'), `Waiting for a restart since ${relative(since, now)}: ${waiting.join(', ')}`)];
  return [element('span', { class: 'line' }, dot('good'), 'Up to date')];
}

function certificate({ key, subject, notAfter }, now) {
  const days = (Date.parse(notAfter) - Date.parse(now)) / 86_400_000;
  const forKeys = key.endsWith('KeyCertificate');
  const state = forKeys ? '' : days < 2 ? 'bad' : days < 14 ? 'warn' : 'good';
  const when = days < 0 ? `expired on ${day(notAfter)}` : `valid until ${day(notAfter)}, ${relative(notAfter, now)}`;
  return element('span', { class: 'line' }, dot(state), `${key}: ${subject}, ${when}${forKeys ? ' (remains usable after that)' : ''}`);
}

export function showEstate({ routes, clusters, nodes, node: self, version, ready, startedAt, configuration: written, certificates, renewals, now }) {
  byId('routes').hidden = routes.length === 0;
  byId('no-routes').hidden = routes.length > 0;
  byId('routes').tBodies[0].replaceChildren(...routes.map(route));
  byId('clusters').replaceChildren(...clusters.map(({ id, destinations }) => line(id, ...destinations.map(destination))));
  byId('estate').replaceChildren(
    line(nodes.length > 0 ? 'Nodes' : 'Node', node({ name: `${self} (this one)`, version, startedAt, ready, alive: true, renewals: renewals.renewed }, now), ...nodes.map((other) => node(other, now))),
    line('Configuration', ...configuration(written, now)),
    line('Certificates', ...(certificates.length > 0 ? certificates.map((one) => certificate(one, now)) : ['none configured'])));
}
