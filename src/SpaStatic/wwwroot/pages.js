// Home and Profile: two views of one page, chosen by the part of the address after '#'.
import * as bff from './bff.js';
import { hintOf, meaningOf } from './messages.js';
import { timeOfDay } from './times.js';

const TITLES = { home: document.title, profile: 'Profile · Bff' };
let signedInAs = null;

export function wirePages() {
  $(window).on('hashchange', () => {
    showPage();
    $('main h1:visible').first().trigger('focus'); // a new view is read out from its heading on
  });
  $('.skip').on('click', (event) => {
    event.preventDefault(); // its '#main' is no view
    $('#main').trigger('focus');
  });
  showPage();
}

/** Shows whose profile it is. A profile without a user leads home. */
export function showProfile(session) {
  if (signedInAs === (session?.sub ?? null)) return;
  signedInAs = session?.sub ?? null;
  $('#person, #claims tbody').empty();
  showPage();
}

function showPage() {
  const page = location.hash === '#/profile' && signedInAs !== null ? 'profile' : 'home';
  document.title = TITLES[page];
  for (const name of Object.keys(TITLES)) {
    $(`#${name}-page`).prop('hidden', name !== page);
    if (name === page) $(`#${name}`).attr('aria-current', 'page');
    else $(`#${name}`).removeAttr('aria-current');
  }
  if (page === 'profile') loadClaims();
}

async function loadClaims() {
  const asked = signedInAs;
  const note = $('#claims-note').text('Asking Bff …');
  try {
    const user = await bff.getUser();
    if (asked !== signedInAs) return;
    if (!user) return bff.check(); // it will tell that the session is over
    $('#person').empty().append(Object.entries(personOf(user)).filter(([, value]) => value).map(([name, value]) => $('<div>').append($('<dt>').text(name), $('<dd>').text(value))));
    $('#claims tbody').empty().append(Object.entries(user.claims).flatMap(([type, values]) => [values].flat().map((value) => row(type, value))));
    note.text('');
  } catch (error) {
    note.text(`Your profile could not be loaded. ${meaningOf(error)} ${hintOf(error)}`);
  }
}

/** What a person understands without knowing what a claim is. */
const personOf = ({ name, email, roles, sub, claims }) => ({
  'Name': name,
  'E-mail': email,
  'User name': claims.preferred_username ?? sub,
  'Roles': roles.join(', '),
  'Signed in at': claims.auth_time && timeOfDay(1_000 * claims.auth_time, bff.now() - Date.now()),
});

function row(type, value) {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const name = type.split(/(?<=[_:/])/).flatMap((part) => [document.createTextNode(part), document.createElement('wbr')]); // long names break here
  return $('<tr>').append($('<th>').attr('scope', 'row').append(name), $('<td>').text(text));
}
