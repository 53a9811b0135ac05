import '@angular/compiler'; // no Angular build here: the browser compiles
import { HttpClient, provideHttpClient, withInterceptors } from '@angular/common/http';
import { Component, inject, provideZonelessChangeDetection, signal } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { provideRouter, RouterOutlet } from '@angular/router';
import { keepAlive, login, logout, renew } from 'bff-js';
import { bffInterceptor, BffSession, BffUser, provideBff, sessionGuard } from 'bff-js/angular';

const Open = Component({ selector: 'bff-open', template: '<p id="open">For everybody</p>' })(class {});
const Private = Component({ selector: 'bff-private', template: '<p id="private">For you only</p>' })(class {});

const Page = Component({
  selector: 'bff-page',
  imports: [RouterOutlet],
  template: `
    <p id="status">{{ state().status }}</p>
    <p id="user">{{ user()?.email }}</p>
    <p id="expires">{{ state().session?.accessTokenExpiresAt }}</p>
    <p id="answer">{{ answer() }}</p>
    <button id="sign-in" (click)="login()">Sign in</button>
    <button id="sign-out" (click)="logout()">Sign out</button>
    <button id="renew" (click)="renew()">Renew</button>
    <button id="call" (click)="call()">Call</button>
    @if (state().sessionExpiring) { <dialog id="warning" open><button id="stay" (click)="keepAlive()">Stay signed in</button></dialog> }
    <router-outlet />`,
})(class {
  readonly state = inject(BffSession);
  readonly user = inject(BffUser);
  readonly answer = signal('');
  readonly http = inject(HttpClient);
  readonly login = () => login();
  readonly logout = () => logout();
  readonly renew = () => renew();
  readonly keepAlive = () => keepAlive();

  call() {
    this.http.get(`${bffUrl}/api/private`, { observe: 'response' }).subscribe(({ status }) => this.answer.set(String(status)));
  }
});

bootstrapApplication(Page, {
  providers: [
    provideZonelessChangeDetection(),
    provideHttpClient(withInterceptors([bffInterceptor])),
    provideRouter([{ path: 'private', component: Private, canActivate: [sessionGuard] }, { path: '', component: Open }]),
    provideBff({ url: bffUrl, signedOut: '/' }),
  ],
});
