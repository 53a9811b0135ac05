// For Vue 3: bff-js/vue.
import { computed, onScopeDispose, shallowRef } from 'vue';
import { configure } from './core.js';
import { currentState, decide, follow, leaveToSignIn, loadUser } from './state.js';

/** @import * as BffVue from './vue.js' */

/** @type {any} */
let app;
/** @type {BffVue.BffOptions['signedOut']} */
let signedOutRoute;

/** @type {typeof BffVue.createBff} */
export const createBff = ({ signedOut, ...options } = {}) => ({
  install(installedIn) {
    app = installedIn;
    signedOutRoute = signedOut;
    if (typeof document === 'undefined') return;
    configure(options);
    follow(() => {});
  },
});

/** @type {typeof BffVue.useSession} */
export const useSession = () => {
  const state = shallowRef(currentState());
  onScopeDispose(follow(() => { state.value = currentState(); }), true);
  state.value = currentState();
  return computed(() => state.value);
};

/** @type {typeof BffVue.useUser} */
export const useUser = () => {
  const state = useSession();
  const known = shallowRef(/** @type {{ sub?: string, user: BffVue.User | null }} */ ({ user: null }));
  const load = async () => {
    const { session } = currentState();
    if (!session?.isLoggedIn || (session.sub === known.value.sub && known.value.user)) return;
    const user = await loadUser(currentState());
    known.value = { sub: session.sub, user };
  };
  onScopeDispose(follow(load), true);
  load();
  return computed(() => (state.value.session?.isLoggedIn && state.value.session.sub === known.value.sub ? known.value.user : null));
};

/** @type {typeof BffVue.sessionGuard} */
export const sessionGuard = async (to, from) => {
  if (typeof document === 'undefined') return true;
  const decision = await decide(to, from.matched.length === 0, signedOutRoute !== undefined);
  if (decision === 'enter') return true;
  if (decision === 'cancel') return false;
  if (decision === 'stay') return signedOutRoute ?? false;
  const href = app?.config.globalProperties.$router?.resolve(to).href ?? to.fullPath;
  leaveToSignIn({ returnTo: new URL(href, location.href).href });
  return false;
};
