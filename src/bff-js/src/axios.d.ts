/** What `useBff` needs of an axios instance: `axios` itself, or what `axios.create()` gives. */
export interface AxiosLike {
  defaults: { adapter?: any; env?: any; baseURL?: string };
}

/**
 * Lets the instance call Bff as `fetch` of bff-js does: with the cookie and the header that proves the call is ours, and with its repeats after a 401 and a
 * 503. `baseURL` becomes Bff's address unless it is set. The instance moves from XMLHttpRequest to `fetch`, also for other origins, whose calls get nothing
 * else. With `onUploadProgress` axios sends a stream, which is kept in memory to be repeated. Call `configure` before, if at all.
 * @returns the same instance
 */
export declare function useBff<Instance extends AxiosLike>(instance: Instance): Instance;
