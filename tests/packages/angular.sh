#!/usr/bin/env bash
# An application of the Angular CLI with bff-js from the packed file, built for production. By hand, before a release: the CLI and its compiler take minutes to fetch.
# The tests drive the same entry in a browser, compiled there (tests/packages/angular).
#
#   tests/packages/angular.sh [VERSION]     of @angular/cli; 21 when not said, the last that runs on Node.js 20
set -euo pipefail
cd "$(dirname "$0")/../.."
version=${1:-21}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

package=$(cd src/bff-js && npm ci --ignore-scripts --silent && npm pack --silent --pack-destination "$work" | tail -n 1)
cd "$work"
npx -y "@angular/cli@$version" new app --defaults --skip-git --skip-install --style=css --ssr=false --routing --interactive=false
cd app
npm install --no-audit --no-fund --loglevel=error "$work/$package"

cat > src/app/app.config.ts <<'END'
import { provideHttpClient, withInterceptors } from '@angular/common/http';
import { ApplicationConfig } from '@angular/core';
import { provideRouter } from '@angular/router';
import { bffInterceptor, provideBff } from 'bff-js/angular';
import { routes } from './app.routes';

export const appConfig: ApplicationConfig = {
  providers: [provideBff({ url: 'https://bff.example.com', signedOut: '/' }), provideHttpClient(withInterceptors([bffInterceptor])), provideRouter(routes)],
};
END
cat > src/app/app.routes.ts <<'END'
import { Routes } from '@angular/router';
import { sessionGuard } from 'bff-js/angular';

export const routes: Routes = [{ path: 'orders', loadComponent: () => import('./orders').then(({ Orders }) => Orders), canActivate: [sessionGuard] }];
END
cat > src/app/orders.ts <<'END'
import { HttpClient } from '@angular/common/http';
import { Component, inject, signal } from '@angular/core';
import { BffUser } from 'bff-js/angular';

@Component({ selector: 'app-orders', template: `{{ user()?.email }} <button (click)="call()">Call</button> {{ answer() }}` })
export class Orders {
  protected readonly user = inject(BffUser);
  protected readonly answer = signal('');
  private readonly http = inject(HttpClient);

  call() {
    this.http.get('https://bff.example.com/api/orders', { responseType: 'text' }).subscribe((text) => this.answer.set(text));
  }
}
END
cat > src/app/app.ts <<'END'
import { Component, inject } from '@angular/core';
import { RouterOutlet } from '@angular/router';
import { keepAlive, login, logout } from 'bff-js';
import { BffSession } from 'bff-js/angular';

@Component({
  selector: 'app-root',
  imports: [RouterOutlet],
  template: `
    @let now = state();
    @if (now.status === 'signedIn') { {{ now.session.name }} <button (click)="logout()">Sign out</button> } @else { <button (click)="login()">Sign in</button> }
    @if (now.sessionExpiring?.canExtend) { <button (click)="keepAlive()">Stay signed in</button> }
    <router-outlet />`,
})
export class App {
  protected readonly state = inject(BffSession);
  protected readonly login = () => login();
  protected readonly logout = () => logout();
  protected readonly keepAlive = () => keepAlive();
}
END
rm -f src/app/app.html src/app/app.spec.ts
npx ng build
