// What a page has around a snippet of the documentation: the script as `bff`, functions of its own, what a bundler and frameworks bring.
declare const bff: typeof import('bff-js');
declare type Session = import('bff-js').Session;
declare const $: ((selector: any) => any) & { bff: typeof import('bff-js') };
declare const jQuery: any;

declare function showMessage(text: string, details?: string): void;
declare function showLoginButton(): void;
declare function showBanner(text: string, onClick: () => void): void;
declare function showDialog(text: string, button: string, onClick: () => void): void;
declare function closeDialog(): void;
declare function showAdminMenu(): void;
declare function show(data: unknown): void;
declare function greet(name: string): void;

interface ImportMeta { env: Record<string, string | undefined> }

interface ExtendableEvent extends Event { waitUntil(work: Promise<unknown>): void }
interface FetchEvent extends ExtendableEvent { request: Request; respondWith(response: Promise<Response>): void }
interface WindowEventMap { install: ExtendableEvent; fetch: FetchEvent }

declare module 'react';
declare module 'vue';
declare module 'vue-router';
declare module 'axios';
declare module 'jquery';
declare module '@angular/*';
declare namespace JSX { interface IntrinsicElements { [element: string]: any } }
declare function App(): any;
declare function Spinner(): any;
declare const Home: any, Orders: any;
declare function createRoot(element: Element): { render(root: unknown): void };
declare function createApp(root: unknown): any;
declare function createRouter(options: object): any;
declare function createWebHistory(): any;
declare function inject<T>(token: T): any;
declare function provideRouter(routes: object[]): any;
declare const HttpClient: any;
interface ApplicationConfig { providers: unknown[] }
