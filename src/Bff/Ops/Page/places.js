// Front ends and providers, where there is more than one of either.
import { byId, dot, element, line } from './dom.js';
import { lastError, number, relative } from './words.js';

/** Whether names need to be said. */
export const several = ({ frontEnds, providers }) => ({ frontEnds: frontEnds.length > 1, providers: providers.length > 1 });

export function showPlaces(facts) {
  const { frontEnds, providers } = several(facts);
  byId('places').hidden = !frontEnds && !providers;
  byId('places-title').textContent = frontEnds && providers ? 'Front ends and providers' : frontEnds ? 'Front ends' : 'Providers';
  byId('places-list').replaceChildren(
    ...(providers ? [line('Providers', ...facts.providers.map((one) => provider(one, facts)))] : []),
    ...(frontEnds ? [line('Front ends', ...facts.frontEnds.map((one) => frontEnd(one, providers)))] : []));
}

function provider({ name, check, breaker, nextProbeAt, lastFailure, inFlight, waiting }, { checks, now }) {
  const { healthy, detail } = checks[check];
  const words = [
    breaker === 'open' ? `not responding, breaker open, next probe ${relative(nextProbeAt, now)}`
      : breaker === 'half_open' ? 'being probed, breaker half-open'
        : healthy ? 'responding, breaker closed' : `no response yet${detail ? `: ${detail}` : ''}`,
    inFlight + waiting > 0 && `${number(inFlight)} under way, ${number(waiting)} waiting`,
    lastError(lastFailure),
  ];
  return named(name, breaker === 'closed' && healthy ? 'good' : 'bad', words);
}

function frontEnd({ name, hosts, pathBase, providers }, severalProviders) {
  const addresses = hosts.length > 0 ? hosts.map((host) => `${host}${pathBase ?? ''}`).join(', ') : pathBase || 'the public address';
  return named(name, '', [addresses, severalProviders && `signs in at ${providers.join(', ')}`]);
}

const named = (name, state, words) =>
  element('span', { class: 'line' }, dot(state), element('span', {}, element('b', {}, name), ` ${words.filter(Boolean).join(' · ')}`));
