// What a page has around a snippet of the documentation: the script as `bff`, jQuery, functions of its own, and what a bundler adds.
declare const bff: typeof import('bff-js');
declare type Session = import('bff-js').Session;
declare const $: ((selector: any) => any) & { bff: typeof import('bff-js') };

declare function showMessage(text: string, details?: string): void;
declare function showLoginButton(): void;
declare function showBanner(text: string, onClick: () => void): void;
declare function showDialog(text: string, button: string, onClick: () => void): void;
declare function closeDialog(): void;
declare function showAdminMenu(): void;
declare function greet(name: string): void;
declare function App(): any;

interface ImportMeta { env: Record<string, string | undefined> }

interface ExtendableEvent extends Event { waitUntil(work: Promise<unknown>): void }
interface FetchEvent extends ExtendableEvent { request: Request; respondWith(response: Promise<Response>): void }
interface WindowEventMap { install: ExtendableEvent; fetch: FetchEvent }

declare module 'react';
declare namespace JSX { interface IntrinsicElements { [element: string]: any } }
