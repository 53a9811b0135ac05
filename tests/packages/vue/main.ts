import { fetch, keepAlive, login, logout, renew } from 'bff-js';
import { createBff, sessionGuard, useSession, useUser } from 'bff-js/vue';
import { createApp, defineComponent, h, ref } from 'vue';
import { createRouter, createWebHistory, RouterView } from 'vue-router';

const Page = defineComponent(() => {
  const state = useSession();
  const user = useUser();
  const answer = ref('');
  const call = async () => {
    const response = await fetch('/api/private');
    answer.value = String(response.status);
  };
  return () => [
    h('p', { id: 'status' }, state.value.status),
    h('p', { id: 'user' }, user.value?.email),
    h('p', { id: 'expires' }, state.value.status === 'signedIn' ? state.value.session.accessTokenExpiresAt : ''),
    h('p', { id: 'answer' }, answer.value),
    h('button', { id: 'sign-in', onClick: () => login() }, 'Sign in'),
    h('button', { id: 'sign-out', onClick: () => logout() }, 'Sign out'),
    h('button', { id: 'renew', onClick: () => renew() }, 'Renew'),
    h('button', { id: 'call', onClick: call }, 'Call'),
    state.value.sessionExpiring && h('dialog', { id: 'warning', open: true }, h('button', { id: 'stay', onClick: () => keepAlive() }, 'Stay signed in')),
    h(RouterView),
  ];
});

const router = createRouter({
  history: createWebHistory('/vue/'),
  routes: [
    { path: '/', component: defineComponent(() => () => h('p', { id: 'open' }, 'For everybody')) },
    { path: '/private', component: defineComponent(() => () => h('p', { id: 'private' }, 'For you only')), beforeEnter: sessionGuard },
  ],
});

createApp(Page).use(createBff({ url: bffUrl, signedOut: '/' })).use(router).mount('#root');
