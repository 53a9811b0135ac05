// Rendered where there is no page: prints what the server would send.
import { BffProvider, RequireSession, useSession, useUser } from 'bff-js/react';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';

const Page = () => `${useSession().status}, ${useUser()}`;

console.log(renderToString(createElement(BffProvider, { url: 'https://bff.example' }, createElement(Page), createElement(RequireSession, { fallback: '; wait' }, '; private'))));
