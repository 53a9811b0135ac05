// Home and Profile: two views of one page, chosen by the part of the address after '#'.
import * as bff from './bff.js';
import { hintOf, meaningOf } from './messages.js';

const TITLES = { home: 'Token renewal · Bff', profile: 'Profile · Bff' };
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
  $('#claims tbody').empty();
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
  const user = signedInAs;
  const note = $('#claims-note').text('Asking Bff …');
  try {
    const response = await bff.fetch('/bff/user');
    if (response.status === 401) return bff.check(); // it will tell that the session is over
    if (!response.ok) return note.text(`The claims could not be read: Bff answered ${response.status}.`);
    const claims = await response.json();
    if (user !== signedInAs) return;
    $('#claims tbody').empty().append(claims.map(row));
    note.text('');
  } catch (error) {
    note.text(`The claims could not be read. ${meaningOf(error)} ${hintOf(error)}`);
  }
}

function row({ type, value }) {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const name = type.split(/(?<=[_:/])/).flatMap((part) => [document.createTextNode(part), document.createElement('wbr')]); // long names break here
  return $('<tr>').append($('<th>').attr('scope', 'row').append(name), $('<td>').text(text));
}
